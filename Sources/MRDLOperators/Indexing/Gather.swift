public import MRDLCore
internal import MRDLModel

/// ONNX Gather: the slices of the data along `axis` (0 unless given) that the indices name.
///
/// Inputs: the data, and indices of any shape, where -1 is the last slice. Output: the shape of the data
/// with the axis replaced by the shape of the indices.
public struct Gather: Operator {
  public static let name = "Gather"
  public static let inputCount = 2...2

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis") ?? 0
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    let indices = try operands.required(1, of: [.int32, .int64])
    guard let shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    guard shape.rank > 0 else {
      throw operands.shapeMismatch("data without axes has no slices", found: "\(shape)")
    }
    let axis = try operands.axis(axis, rank: shape.rank)
    guard let inner = indices.shape else { return [ValueFacts(data.scalarType, nil)] }
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape(
          shape.dimensions[..<axis] + inner.dimensions + shape.dimensions[(axis + 1)...]))
    ]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    guard let width = request.inputType(0).elementByteCount,
      let axis = shape.normalizedAxis(axis)
    else { throw request.unsupportedType(request.inputType(0)) }
    let innerCount = shape.dimensions[(axis + 1)...].reduce(1, *)
    return SliceGatherKernel(
      outerCount: shape.dimensions[..<axis].reduce(1, *), extent: shape[axis],
      sliceByteCount: innerCount * width, indexType: request.inputType(1),
      indexCount: request.inputShape(1).elementCount, place: request.place)
  }
}

/// Copies the slices that indices name.
private struct SliceGatherKernel: Kernel {
  let outerCount: Int
  let extent: Int
  let sliceByteCount: Int
  let indexType: ScalarType
  let indexCount: Int
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    if indexType == .int64 {
      try copy(arguments, arguments.input(1, as: Int64.self))
    } else {
      try copy(arguments, arguments.input(1, as: Int32.self))
    }
  }

  private func copy<Index: FixedWidthInteger>(
    _ arguments: borrowing KernelArguments, _ indices: UnsafeBufferPointer<Index>
  ) throws(MRDLError) {
    for index in indices where index >= extent || index < -extent {
      throw MRDLError(
        .operatorFailed, "an index is out of range", found: "\(index)",
        expected: "\(-extent) to \(extent - 1)", at: place)
    }
    guard let source = arguments.inputBytes(0).baseAddress,
      var target = arguments.outputBytes(0).baseAddress, sliceByteCount > 0
    else { return }
    for outer in 0..<outerCount {
      let block = source + outer * extent * sliceByteCount
      for position in 0..<indexCount {
        let index = Int(indices[position])
        target.copyMemory(
          from: block + (index < 0 ? index + extent : index) * sliceByteCount,
          byteCount: sliceByteCount)
        target += sliceByteCount
      }
    }
  }
}
