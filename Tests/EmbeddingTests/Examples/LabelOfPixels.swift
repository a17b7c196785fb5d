import MRDL

/// The likeliest class of a picture of 28 × 28 grey values from 0 to 255.
func label(of pixels: [Float], by path: String) throws -> String? {
  let picture = try PictureInput(try MRDLFile.open(path))
  var session = Session(try Program(picture.model))
  let outputs = try session.run([
    picture.inputName: Tensor(pixels, shape: [1, 28, 28, 1])
  ])
  guard let (name, scores) = outputs.first else { return nil }
  return try Answer.answers(in: scores, meaning: picture.model.meanings[name])
    .first?.entries.first?.label
}
