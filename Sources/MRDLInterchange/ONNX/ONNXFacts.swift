internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The types and shapes of the values of a graph while it is imported, as far as the file and the nodes before
/// tell. What an older or fused node means depends on the number of axes of its inputs at times.
struct ONNXFacts {
  /// Whole numbers of a tensor whose content is read.
  private static let smallCount = 64

  private var facts: [String: ValueFacts] = [:]

  subscript(name: String) -> ValueFacts? { name.isEmpty ? nil : facts[name] }

  /// Takes what the file tells of a value.
  mutating func declare(_ name: String, _ scalarType: ScalarType, _ shape: SymbolicShape?) {
    facts[name] = ValueFacts(scalarType, shape)
  }

  /// Takes a tensor of the table.
  mutating func declare(_ tensor: ModelTensor) {
    let info = tensor.info
    facts[info.name] = ValueFacts(info.scalarType, info.shape)
    if info.scalarType == .int64 || info.scalarType == .int32,
      info.shape.elementCount <= Self.smallCount, let content = try? tensor.load()
    {
      facts[info.name] = ValueFacts(constant: content)
    }
  }

  /// Takes what follows of a node; what does not fit is left to the check of the whole graph.
  mutating func infer(_ node: Node, tensors: TensorTable) {
    let place = Place(node.displayName)
    for name in node.inputs where !name.isEmpty && facts[name] == nil {
      guard let tensor = tensors[name] else { return }
      declare(tensor)
    }
    do throws(MRDLError) {
      let op = try OperatorSet.standard.makeOperator(node, tensors: tensors, place: place)
      let inputs = node.inputs.map { $0.isEmpty ? nil : facts[$0] }
      let outputs = try op.infer(
        Operands(inputs, outputCount: node.outputs.count, place: place))
      for (name, output) in zip(node.outputs, outputs) where !name.isEmpty {
        // The file may know more than the node tells.
        if output.shape != nil || facts[name] == nil { facts[name] = output }
      }
    } catch {
      return
    }
  }
}
