import MRDL

/// Feeds chunks to a model that keeps a state from one call to the next, and gives its answers.
func answers(to chunks: [Tensor], of model: Model) throws -> [Tensor] {
  var session = Session(try Program(model))
  let input = try session.program.inputIndex("x")
  var answers: [Tensor] = []
  for chunk in chunks {
    try session.bind(chunk, toInput: input)
    try session.run()
    answers.append(session.output(0))
  }
  session.resetState()
  return answers
}
