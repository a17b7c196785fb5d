public import MRDLCore
internal import MRDLModel

/// ONNX ScatterElements: the data with elements replaced by updates, or combined with them as `reduction`
/// says: none, add, mul, max, min. An index stands for the place along `axis` (0 unless given).
public struct ScatterElements: Operator {
  public static let name = "ScatterElements"
  public static let inputCount = 3...3

  private let axis: Int
  private let reduction: ScatterReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 0)
    reduction = try attributes.choice("reduction", default: .none)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    let indices = try operands.required(1, of: [.int32, .int64])
    try operands.sameType([0, 2], among: .all)
    try ElementIndices.check(operands, axis: axis, data: data.shape, indices: indices.shape)
    if let given = indices.shape?.shape, let updates = try operands.required(2).concreteShape,
      given != updates
    {
      throw operands.shapeMismatch(
        "there are not as many updates as indices", found: "\(updates)", expected: "\(given)")
    }
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    ScatterElementsKernel(
      indices: ElementIndices(request, axis: axis), reduction: reduction,
      type: try reduction.type(request))
  }
}

private struct ScatterElementsKernel: Kernel {
  let indices: ElementIndices
  let reduction: ScatterReduction
  let type: ScalarType

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try ViewKernel().run(arguments)
    try type.accept(
      Visitor(
        kernel: self, indices: arguments.inputBytes(1), updates: arguments.inputBytes(2),
        output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: ScatterElementsKernel
    let indices: UnsafeRawBufferPointer
    let updates: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let updates = updates.assumingMemoryBound(to: type)
      let output = output.assumingMemoryBound(to: type)
      let reduction = kernel.reduction
      try kernel.indices.forEach(indices) { (number, position) throws(MRDLError) in
        output[position] = reduction.combine(output[position], updates[number])
      }
    }
  }
}
