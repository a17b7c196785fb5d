public import MRDLCore
internal import MRDLModel

/// ONNX GatherND: the slices of the data that tuples of indices name, the first `batch_dims` axes taken
/// together.
public struct GatherND: Operator {
  public static let name = "GatherND"
  public static let inputCount = 2...2

  private let batchAxes: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    batchAxes = try attributes.integer("batch_dims", default: 0, in: 0...32)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    _ = try operands.required(1, of: [.int32, .int64])
    guard let shape = try operands.shape(0, rank: 1...Int.max),
      let indices = try operands.shape(1, rank: 1...Int.max),
      let length = indices[indices.rank - 1].value
    else { return [ValueFacts(data.scalarType, nil)] }
    guard batchAxes + length <= shape.rank, batchAxes < indices.rank else {
      throw operands.shapeMismatch(
        "the indices do not fit the data", found: "\(indices)",
        expected: "tuples of at most \(shape.rank - batchAxes)")
    }
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape(
          indices.dimensions.dropLast() + shape.dimensions[(batchAxes + length)...]))
    ]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    GatherNDKernel(
      indices: SliceIndices(request, batchAxes: batchAxes),
      width: try request.elementByteCount(0))
  }
}

/// Where the slices that tuples of indices name lie in the data.
struct SliceIndices: Sendable {
  private let length: Int
  private let extents: [Int]
  private let strides: [Int]
  private let batchStride: Int
  private let tuplesPerBatch: Int
  private let count: Int
  private let type: ScalarType
  private let place: Place
  /// Elements of a slice.
  let sliceCount: Int

  init(_ request: KernelRequest, batchAxes: Int) {
    let (shape, indices) = (request.inputShape(0), request.inputShape(1))
    length = indices[indices.rank - 1]
    extents = Array(shape.dimensions[batchAxes..<(batchAxes + length)])
    strides = Array(shape.strides[batchAxes..<(batchAxes + length)])
    batchStride = shape.dimensions[batchAxes...].reduce(1, *)
    tuplesPerBatch = indices.dimensions[batchAxes..<(indices.rank - 1)].reduce(1, *)
    count = indices.dimensions.dropLast().reduce(1, *)
    sliceCount = shape.dimensions[(batchAxes + length)...].reduce(1, *)
    type = request.inputType(1)
    place = request.place
  }

  /// Calls `body` with the number of each tuple and where the slice that it names begins.
  func forEach(
    _ bytes: UnsafeRawBufferPointer, _ body: (Int, Int) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    let indices = IndexBuffer(bytes, type)
    for number in 0..<count {
      var position = tuplesPerBatch == 0 ? 0 : number / tuplesPerBatch * batchStride
      for axis in 0..<length {
        position +=
          try indices.position(number * length + axis, extent: extents[axis], place)
          * strides[axis]
      }
      try body(number, position)
    }
  }
}

private struct GatherNDKernel: Kernel {
  let indices: SliceIndices
  let width: Int

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard
      let mover = ElementMover(arguments.inputBytes(0), arguments.outputBytes(0), width: width)
    else { return }
    let count = indices.sliceCount
    try indices.forEach(arguments.inputBytes(1)) { (number, position) throws(MRDLError) in
      mover.move(position, to: number * count, count: count)
    }
  }
}
