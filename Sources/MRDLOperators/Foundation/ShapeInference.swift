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
  ///   - set: the operators that are known.
  public init(
    _ model: Model, operators set: OperatorSet = .standard, bindings: [String: Int] = [:],
    diagnostics: Diagnostics
  ) {
    for input in model.graph.inputs where input.kind == .tensor {
      facts[input.name] = ValueFacts(input.scalarType, input.shape?.substituting(bindings))
    }
    for tensor in model.tensors {
      var known = ValueFacts(tensor.info.scalarType, tensor.info.shape)
      let limit = tensor.info.scalarType.isInteger ? Self.smallCount : Self.axisCount
      if tensor.info.scalarType.isComputable, tensor.info.shape.elementCount <= limit {
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
        let inferred = try op.infer(
          Operands(inputs, outputCount: node.outputs.count, place: place))
        let outputs = try Self.folded(inferred, op, inputs, place)
        for (name, output) in zip(node.outputs, outputs) where !name.isEmpty {
          facts[name] = output
        }
      } catch {
        if operators.count == index { operators.append(nil) }
        diagnostics.report(error.finding)
      }
    }
    for (index, output) in model.graph.outputs.enumerated() where output.kind == .tensor {
      check(output, at: Place("/graph/outputs/\(index)"), diagnostics: diagnostics)
    }
  }

  /// Elements of a tensor of whole numbers whose content is read.
  private static let smallCount = 4096
  /// Elements of another tensor whose content is read: one scale for each axis of a picture or volume.
  private static let axisCount = 8

  /// Computes small whole numbers that follow from constants: shapes are often made of shapes.
  private static func folded(
    _ inferred: [ValueFacts], _ op: any Operator, _ inputs: [ValueFacts?], _ place: Place
  ) throws(MRDLError) -> [ValueFacts] {
    guard op.asValueOperator == nil, inputs.allSatisfy({ $0 == nil || $0?.constant != nil }),
      inferred.contains(where: { $0.constant == nil }),
      inferred.allSatisfy({
        $0.scalarType.isInteger && ($0.concreteShape?.elementCount ?? .max) <= smallCount
      })
    else { return inferred }
    let tensors = try evaluate(
      op, inputs: inputs.map { $0?.constant }, outputCount: inferred.count, place: place)
    return zip(inferred, tensors).map { known, tensor in
      tensor.map { ValueFacts(constant: $0) } ?? known
    }
  }

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
