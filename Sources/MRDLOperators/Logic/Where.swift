public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Where: elements of X where the condition is true, of Y elsewhere, with the broadcasting rules of
/// NumPy among the three.
public struct Where: Operator {
  public static let name = "Where"
  public static let inputCount = 3...3

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let condition = try operands.required(0, of: [.bool])
    let type = try operands.sameType(1...2, among: .all)
    let shape = try operands.broadcast(
      condition.shape,
      operands.broadcast(operands.required(1).shape, operands.required(2).shape))
    return [ValueFacts(type, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try WhereKernel(request)
  }
}

/// Spreads each operand over the result, then chooses.
private struct WhereKernel: Kernel {
  private let condition: Expansion
  private let x: Expansion
  private let y: Expansion
  private let count: Int
  private let width: Int

  init(_ request: KernelRequest) throws(MRDLError) {
    let shape = request.outputShape()
    count = shape.elementCount
    width = request.inputType(1).elementByteCount ?? 0
    condition = try Expansion(request, input: 0, to: shape)
    x = try Expansion(request, input: 1, to: shape)
    y = try Expansion(request, input: 2, to: shape)
  }

  private var conditionByteCount: Int { count.roundedUp(toMultipleOf: 64) }

  var workspaceByteCount: Int { conditionByteCount + count * width }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard count > 0, let output = arguments.outputBytes(0).baseAddress,
      let scratch = arguments.workspace.baseAddress,
      let flags = arguments.inputBytes(0).baseAddress,
      let left = arguments.inputBytes(1).baseAddress,
      let right = arguments.inputBytes(2).baseAddress
    else { return }
    condition.run(flags, to: scratch)
    x.run(left, to: output)
    let others = scratch + conditionByteCount
    y.run(right, to: others)
    let isTrue = UnsafePointer(scratch.assumingMemoryBound(to: UInt8.self))
    switch width {
    case 1: choose(isTrue, output, others, UInt8.self)
    case 2: choose(isTrue, output, others, UInt16.self)
    case 4: choose(isTrue, output, others, UInt32.self)
    default: choose(isTrue, output, others, UInt64.self)
    }
  }

  private func choose<Bits: FixedWidthInteger>(
    _ isTrue: UnsafePointer<UInt8>, _ output: UnsafeMutableRawPointer,
    _ others: UnsafeMutableRawPointer, _ type: Bits.Type
  ) {
    let z = output.assumingMemoryBound(to: type)
    let y = others.assumingMemoryBound(to: type)
    for index in 0..<count where isTrue[index] == 0 { z[index] = y[index] }
  }
}
