public import MRDLCore

/// A training that is not over: with it, the run goes on as if it had not been interrupted.
///
/// It can be taken out of a model without harm.
public struct TrainingState: Sendable, Hashable {
  /// Where the run stands, in the words of the trainer that wrote it.
  public var progress: JSONValue
  /// The tensors of the table that belong to the state alone, such as what the optimizer remembers.
  public var tensors: [String]

  public init(progress: JSONValue, tensors: [String]) {
    self.progress = progress
    self.tensors = tensors
  }
}

extension Model {
  /// The model without the state of its training and the tensors that belong to it.
  public func withoutTrainingState() -> Model {
    guard let state = training?.state else { return self }
    var model = self
    model.training?.state = nil
    let dropped = Set(state.tensors)
    model.tensors = TensorTable(filtering: tensors) { !dropped.contains($0.info.name) }
    return model
  }
}
