public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX BitShift: the bits of X moved by Y places, up where `direction` is "LEFT", down where it is
/// "RIGHT"; bits that leave the number are lost. A negative number of places counts as more than there are.
public struct BitShift: Operator {
  public static let name = "BitShift"
  public static let inputCount = 2...2

  private enum Direction: String, CaseIterable {
    case left = "LEFT"
    case right = "RIGHT"
  }

  private let direction: Direction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard attributes.node.attributes["direction"] != nil else {
      throw attributes.missing("direction")
    }
    direction = try attributes.choice("direction", default: .left)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .wholeNumbers)
    let shape = try operands.broadcast(
      operands.required(0).shape, operands.required(1).shape)
    return [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try ArithmeticKernel(direction == .left ? .shiftLeft : .shiftRight, request)
  }
}
