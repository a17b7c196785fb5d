internal import MRDLCore
internal import MRDLModel

/// The tensors of a model, each loaded once however many graphs read it.
struct LoadedTensors {
  let table: TensorTable
  private var loaded: [String: Tensor] = [:]

  init(_ table: TensorTable) { self.table = table }

  /// The content of a tensor, or nil where there is none of that name.
  mutating func load(_ name: String) throws(MRDLError) -> Tensor? {
    if let tensor = loaded[name] { return tensor }
    guard let tensor = try table[name]?.load() else { return nil }
    loaded[name] = tensor
    return tensor
  }
}
