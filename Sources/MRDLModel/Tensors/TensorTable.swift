public import MRDLCore

/// The tensors of a model, in the order of the file, found by name.
public struct TensorTable: Sendable {
  private var tensors: [ModelTensor] = []
  private var indices: [String: Int] = [:]

  public init() {}

  /// A table of the given tensors.
  ///
  /// - Throws: `MRDL1201` for a name that occurs twice.
  public init(_ tensors: some Sequence<ModelTensor>) throws(MRDLError) {
    for tensor in tensors {
      guard indices.updateValue(self.tensors.count, forKey: tensor.info.name) == nil else {
        throw MRDLError(
          .duplicateName, "two tensors have the same name", found: "\"\(tensor.info.name)\"")
      }
      self.tensors.append(tensor)
    }
  }

  /// The tensors of another table that are wanted, in its order.
  public init(filtering table: TensorTable, _ isWanted: (ModelTensor) -> Bool) {
    for tensor in table where isWanted(tensor) {
      indices[tensor.info.name] = tensors.count
      tensors.append(tensor)
    }
  }

  /// The tensor with the given name; setting replaces it in its place, or adds it at the end.
  public subscript(name: String) -> ModelTensor? {
    get { indices[name].map { tensors[$0] } }
    set {
      switch (indices[name], newValue) {
      case (let index?, let tensor?): tensors[index] = tensor
      case (nil, let tensor?):
        indices[name] = tensors.count
        tensors.append(tensor)
      case (let index?, nil):
        tensors.remove(at: index)
        indices = Dictionary(
          uniqueKeysWithValues: tensors.enumerated().map { ($1.info.name, $0) })
      case (nil, nil): break
      }
      precondition(
        newValue.map { $0.info.name == name } ?? true, "a tensor stored under another name")
    }
  }

  /// The names of all tensors.
  public var names: Set<String> { Set(indices.keys) }
}

extension TensorTable: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { tensors.count }
  public subscript(position: Int) -> ModelTensor { tensors[position] }
}
