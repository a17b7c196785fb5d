public import MRDLCore
internal import MRDLModel

/// ONNX Reshape: the same elements in another shape. In the wanted shape -1 stands for what is left
/// over, and 0 for the extent of the input unless `allowzero` is set.
public struct Reshape: Operator {
  public static let name = "Reshape"
  public static let inputCount = 2...2

  let allowsZero: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    allowsZero = try attributes.flag("allowzero")
  }

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    _ = try operands.shape(1, rank: 1...1)
    guard let wanted = try operands.integers(1) else { return [ValueFacts(data.scalarType, nil)] }
    guard wanted.filter({ $0 == -1 }).count <= 1, wanted.allSatisfy({ $0 >= -1 }) else {
      throw operands.shapeMismatch("a wanted shape is not one", found: "\(wanted)")
    }
    if allowsZero, wanted.contains(0), wanted.contains(-1) {
      throw operands.shapeMismatch(
        "a wanted shape has both 0 and -1 although allowzero is set", found: "\(wanted)")
    }
    var dimensions: [Dimension] = []
    for (axis, extent) in wanted.enumerated() {
      if extent == 0 && !allowsZero {
        guard let shape = data.shape else {
          dimensions.append(.unknown)
          continue
        }
        guard axis < shape.rank else {
          throw operands.shapeMismatch(
            "a wanted shape copies an axis that the input lacks", found: "axis \(axis)",
            expected: Quantity.count(shape.rank, "axis"))
        }
        dimensions.append(shape[axis])
      } else {
        dimensions.append(extent == -1 ? .unknown : .fixed(extent))
      }
    }
    if let known = data.concreteShape {
      dimensions = try resolve(dimensions, wanted, known, operands)
    } else if let rest = wanted.firstIndex(of: -1), let shape = data.shape {
      dimensions[rest] = symbolicRest(dimensions, rest, shape)
    }
    return [ValueFacts(data.scalarType, SymbolicShape(dimensions))]
  }

  private func resolve(
    _ dimensions: [Dimension], _ wanted: [Int], _ known: Shape, _ operands: Operands
  ) throws(MRDLError) -> [Dimension] {
    var result = dimensions
    let product = dimensions.compactMap(\.value).productChecked()
    if let rest = wanted.firstIndex(of: -1) {
      guard let product, product > 0, known.elementCount % product == 0 else {
        throw mismatch(known, wanted, operands)
      }
      result[rest] = .fixed(known.elementCount / product)
    } else if product != known.elementCount {
      throw mismatch(known, wanted, operands)
    }
    return result
  }

  /// The only symbol of the input moves to the place of -1 where the numbers beside it agree.
  private func symbolicRest(
    _ dimensions: [Dimension], _ rest: Int, _ shape: SymbolicShape
  ) -> Dimension {
    var symbols = shape.dimensions.filter { $0.value == nil }
    var others = dimensions
    others.remove(at: rest)
    for symbol in others where symbol.value == nil {
      guard symbol != .unknown, let index = symbols.firstIndex(of: symbol) else { return .unknown }
      symbols.remove(at: index)
    }
    let left = shape.dimensions.compactMap(\.value).productChecked()
    let right = others.compactMap(\.value).productChecked()
    guard let left, let right, right > 0, left % right == 0 else { return .unknown }
    switch symbols.count {
    case 0: return .fixed(left / right)
    case 1 where left == right: return symbols[0]
    default: return .unknown
    }
  }

  private func mismatch(_ shape: Shape, _ wanted: [Int], _ operands: Operands) -> MRDLError {
    operands.shapeMismatch(
      "a shape cannot be brought into another", found: "\(shape) to \(wanted)")
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { ViewKernel() }
}
