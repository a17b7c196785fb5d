internal import MRDLCore
internal import MRDLModel

/// Finds out whether a model takes the pixels of a picture as they are, from 0 to 255, because the first
/// thing that it does with them is to bring them to a short range.
struct PixelRange {
  private let graph: Graph
  private let tensors: TensorTable

  init(_ model: Model) {
    graph = model.graph
    tensors = model.tensors
  }

  /// The longest range that scaled pixels have: from −1 to 1, a rounded factor taken into account.
  private static let longest = 2.01
  /// The least divisor, and the least mean, that only whole pixels have.
  private static let (leastDivisor, leastMean) = (16.0, 8.0)
  /// What moves pixels and leaves their range.
  private static let movements: Set = ["Identity", "Transpose", "Resize", "Slice", "Cast"]

  /// Whether an input is scaled by the graph: by a factor, by a divisor, or by a mean that is taken away.
  ///
  /// - Complexity: O(nodes), for each node that moves the pixels before that.
  /// - Throws: what loading a constant does.
  func isScaled(_ input: String) throws(MRDLError) -> Bool {
    var value = input
    for _ in graph.nodes {
      let readers = graph.nodes.filter { $0.inputs.contains(value) || $0.captures(value) }
      guard readers.count == 1, let node = readers.first, node.domain.isEmpty,
        node.inputs.filter({ $0 == value }).count == 1, let output = node.outputs.first,
        !graph.outputs.contains(where: { $0.name == value })
      else { return false }
      if Self.movements.contains(node.operatorName), node.inputs.first == value {
        value = output
        continue
      }
      guard node.inputs.count == 2, let other = node.inputs.first(where: { $0 != value }),
        let numbers = try numbers(other)
      else { return false }
      let isLeft = node.inputs.first == value
      let magnitudes = numbers.map(abs)
      switch node.operatorName {
      case "Mul":
        return magnitudes.allSatisfy { $0 > 0 && 255 * $0 <= Self.longest }
      case "Div":
        return isLeft && magnitudes.allSatisfy { $0 >= Self.leastDivisor }
      // A mean for each channel would tell of their order, which nobody states.
      case "Sub":
        return isLeft && Set(numbers).count == 1 && numbers[0] >= Self.leastMean
      case "Add":
        return Set(numbers).count == 1 && numbers[0] <= -Self.leastMean
      default: return false
      }
    }
    return false
  }

  /// The few numbers of a constant; nil for anything else.
  private func numbers(_ name: String) throws(MRDLError) -> [Double]? {
    guard let tensor = tensors[name], (1...4).contains(tensor.info.shape.elementCount) else {
      return nil
    }
    let content = try tensor.load()
    switch content.scalarType {
    case .float32: return content.elements(as: Float.self).map(Double.init)
    case .float64: return content.elements(as: Double.self)
    default: return nil
    }
  }
}

extension Node {
  /// Whether a graph inside the node reads a value from around it.
  fileprivate func captures(_ value: String) -> Bool {
    attributes.values.contains {
      if case .graph(let graph) = $0 { graph.capturedNames.contains(value) } else { false }
    }
  }
}
