public import MRDLCore
internal import MRDLModel

/// ONNX ScatterND: the data with slices replaced by updates, or combined with them as `reduction` says:
/// none, add, mul, max, min. Tuples of indices name the slices.
public struct ScatterND: Operator {
  public static let name = "ScatterND"
  public static let inputCount = 3...3

  private let reduction: ScatterReduction

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    reduction = try attributes.choice("reduction", default: .none)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    _ = try operands.required(1, of: [.int32, .int64])
    try operands.sameType([0, 2], among: .all)
    if let shape = try operands.shape(0, rank: 1...Int.max)?.shape,
      let indices = try operands.shape(1, rank: 1...Int.max)?.shape,
      let updates = try operands.required(2).concreteShape
    {
      let length = indices[indices.rank - 1]
      guard length <= shape.rank,
        updates.dimensions == indices.dimensions.dropLast() + shape.dimensions[length...]
      else {
        throw operands.shapeMismatch(
          "the updates do not fit data and indices", found: "\(updates)",
          expected: "a slice of \(shape) for each tuple of \(indices)")
      }
    }
    return [ValueFacts(data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    ScatterNDKernel(
      indices: SliceIndices(request, batchAxes: 0), reduction: reduction,
      type: try reduction.type(request))
  }
}

private struct ScatterNDKernel: Kernel {
  let indices: SliceIndices
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
    let kernel: ScatterNDKernel
    let indices: UnsafeRawBufferPointer
    let updates: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let updates = updates.assumingMemoryBound(to: type)
      let output = output.assumingMemoryBound(to: type)
      let (reduction, count) = (kernel.reduction, kernel.indices.sliceCount)
      try kernel.indices.forEach(indices) { (number, position) throws(MRDLError) in
        for k in 0..<count {
          output[position + k] = reduction.combine(
            output[position + k], updates[number * count + k])
        }
      }
    }
  }
}
