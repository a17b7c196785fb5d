public import MRDLCore
public import MRDLModel

/// The types and shapes of all values of a model, as far as they can be told without running it.
public struct ShapeInference: Sendable {
  /// By the name of the value.
  public private(set) var facts: [String: ValueFacts] = [:]
  /// The operator of each node, in the order of the graph; nil where it is not known.
  public private(set) var operators: [(any Operator)?] = []

  /// Infers what follows from the declared inputs and the tensors; what does not fit is reported.
  ///
  /// - Parameters:
  ///   - bindings: numbers for symbolic dimensions, such as 1 for the batch.
  ///   - constants: whether the content of small tensors of whole numbers is read, so that shapes
  ///     that depend on it are known.
  public init(
    _ model: Model, operators set: OperatorSet = .standard, bindings: [String: Int] = [:],
    diagnostics: Diagnostics
  ) {
    for input in model.graph.inputs {
      facts[input.name] = ValueFacts(input.scalarType, input.shape?.substituting(bindings))
    }
    for tensor in model.tensors {
      var known = ValueFacts(tensor.info.scalarType, tensor.info.shape)
      if tensor.info.scalarType.isInteger, tensor.info.shape.elementCount <= Self.smallCount {
        do {
          known = ValueFacts(constant: try tensor.load())
        } catch {
          diagnostics.report(error.finding)
        }
      }
      facts[tensor.info.name] = known
    }
    for (index, node) in model.graph.nodes.enumerated() {
      let place = Place("/graph/nodes/\(index) (\(node.displayName))")
      do {
        let op = try set.makeOperator(node, tensors: model.tensors, place: place)
        operators.append(op)
        let inputs = node.inputs.map { $0.isEmpty ? nil : facts[$0] }
        if zip(node.inputs, inputs).contains(where: { !$0.isEmpty && $1 == nil }) { continue }
        let outputs = try op.infer(
          Operands(inputs, outputCount: node.outputs.count, place: place))
        for (name, output) in zip(node.outputs, outputs) where !name.isEmpty {
          facts[name] = output
        }
      } catch {
        if operators.count == index { operators.append(nil) }
        diagnostics.report(error.finding)
      }
    }
    for (index, output) in model.graph.outputs.enumerated() {
      check(output, at: Place("/graph/outputs/\(index)"), diagnostics: diagnostics)
    }
  }

  private static let smallCount = 4096

  private func check(_ output: ValueInfo, at place: Place, diagnostics: Diagnostics) {
    guard let found = facts[output.name] else { return }
    if found.scalarType != output.scalarType {
      diagnostics.report(
        .typeMismatch, "output \"\(output.name)\" is declared with another type",
        found: found.scalarType.rawValue, expected: output.scalarType.rawValue, at: place)
    }
    guard let shape = found.shape, let declared = output.shape else { return }
    let fits =
      shape.rank == declared.rank
      && zip(shape.dimensions, declared.dimensions).allSatisfy { found, declared in
        guard let found = found.value, let declared = declared.value else { return true }
        return found == declared
      }
    if !fits {
      diagnostics.report(
        .shapeMismatch, "output \"\(output.name)\" is declared with another shape",
        found: "\(shape)", expected: "\(declared)", at: place)
    }
  }
}
