package import MRDLCore
package import MRDLModel
package import MRDLRuntime

/// What a model says of one sample.
package struct SampleReport: Sendable {
  /// What one output says.
  package struct Output: Sendable {
    package let name: String
    package let task: OutputMeaning.Task?
    package let scale: OutputMeaning.Scale?
    package let shape: Shape
    /// The answer of each row along the last axis; most outputs have one row a sample.
    package let rows: [[Answer.Entry]]
    /// Whether entries are chosen and ordered by their value.
    package let isRanked: Bool

    /// An output that holds no tensor: an empty sequence, or an optional value that is not there.
    package static func nothing(_ name: String) -> Output {
      Output(name: name, task: nil, scale: nil, shape: [0], rows: [], isRanked: false)
    }
  }

  /// The path of the input, or what stands for it.
  package let input: String
  /// The position of the sample in its input; nil where the input holds one.
  package let sample: Int?
  package let outputs: [Output]

  package init(input: String, sample: Int?, outputs: [Output]) {
    self.input = input
    self.sample = sample
    self.outputs = outputs
  }
}

/// What is shown of the answers.
package struct AnswerSelection: Sendable {
  /// So many of the largest values; nil for the usual number.
  package var top: Int?
  /// Values from here on.
  package var threshold: Double?

  package init(top: Int? = nil, threshold: Double? = nil) {
    self.top = top
    self.threshold = threshold
  }

  /// How many labels are shown where nobody asked for another number.
  private static let usualTop = 5

  /// What an output says of every sample in it.
  ///
  /// - Parameters:
  ///   - sampleCount: how many samples the run had; an output whose first axis is as long has a part for
  ///     each, any other belongs to all of them.
  ///   - meaning: what the model says of the output; values without a meaning are shown as they are,
  ///     unless `top` is asked for.
  package func outputs(
    named name: String, _ tensor: Tensor, meaning: OutputMeaning?, sampleCount: Int
  ) throws(MRDLError) -> [SampleReport.Output] {
    var meaning = meaning
    if meaning == nil, top != nil {
      meaning = OutputMeaning(task: .classification, scale: .values)
    }
    let answers = try Answer.answers(in: tensor, meaning: meaning)
    let isRanked = meaning?.task == .classification || meaning?.task == .labelling
    let isPerSample =
      sampleCount > 0 && tensor.shape.rank > 0 && tensor.shape[0] == sampleCount
    let parts = isPerSample ? sampleCount : 1
    let rowCount = answers.count / max(parts, 1)
    let shape =
      isPerSample ? Shape(Array(tensor.shape.dimensions.dropFirst())) : tensor.shape
    return (0..<parts).map { part in
      SampleReport.Output(
        name: name, task: meaning?.task, scale: answers.first?.scale ?? meaning?.scale,
        shape: shape,
        rows: (0..<rowCount).map {
          chosen(answers[part * rowCount + $0].entries, isRanked, meaning)
        },
        isRanked: isRanked)
    }
  }

  private func chosen(
    _ entries: [Answer.Entry], _ isRanked: Bool, _ meaning: OutputMeaning?
  ) -> [Answer.Entry] {
    var entries = entries
    let least = threshold ?? (meaning?.task == .labelling ? meaning?.threshold : nil)
    if let least { entries = entries.filter { $0.value >= least } }
    if isRanked { entries = Array(entries.prefix(top ?? Self.usualTop)) }
    return entries
  }
}
