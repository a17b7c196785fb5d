public import MRDLCore
internal import MRDLModel

/// ONNX GatherElements: for each element of the indices the element of the data at its place, with the
/// index along `axis` (0 unless given) replaced by the given one.
public struct GatherElements: Operator {
  public static let name = "GatherElements"
  public static let inputCount = 2...2

  private let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 0)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    let indices = try operands.required(1, of: [.int32, .int64])
    try ElementIndices.check(operands, axis: axis, data: data.shape, indices: indices.shape)
    return [ValueFacts(data.scalarType, indices.shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    GatherElementsKernel(
      indices: ElementIndices(request, axis: axis), width: try request.elementByteCount(0))
  }
}

/// Where the elements of a tensor of indices lie in the data that they index along one axis.
struct ElementIndices: Sendable {
  private let extents: [Int]
  private let strides: [Int]
  private let axis: Int
  private let extent: Int
  private let type: ScalarType
  private let place: Place

  static func check(
    _ operands: Operands, axis: Int, data: SymbolicShape?, indices: SymbolicShape?
  ) throws(MRDLError) {
    guard let data, let indices else { return }
    let axis = try operands.axis(axis, rank: data.rank)
    let fits =
      data.rank == indices.rank && data.rank > 0
      && (0..<data.rank).allSatisfy { index in
        guard index != axis, let own = data[index].value, let other = indices[index].value
        else { return true }
        return other <= own
      }
    guard fits else {
      throw operands.shapeMismatch(
        "the indices do not fit the data", found: "\(indices)", expected: "within \(data)")
    }
  }

  init(_ request: KernelRequest, axis: Int) {
    let shape = request.inputShape(0)
    guard let axis = shape.normalizedAxis(axis) else {
      preconditionFailure("inference checks axes")
    }
    extents = request.inputShape(1).dimensions
    strides = shape.strides
    self.axis = axis
    extent = shape[axis]
    type = request.inputType(1)
    place = request.place
  }

  /// Calls `body` with the number of each index and the place in the data that it names.
  func forEach(
    _ bytes: UnsafeRawBufferPointer, _ body: (Int, Int) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    let indices = IndexBuffer(bytes, type)
    let count = extents.reduce(1, *)
    for number in 0..<count {
      var rest = number
      var position = try indices.position(number, extent: extent, place) * strides[axis]
      for index in extents.indices.reversed() {
        let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: extents[index])
        if index != axis { position += remainder * strides[index] }
        rest = quotient
      }
      try body(number, position)
    }
  }
}

private struct GatherElementsKernel: Kernel {
  let indices: ElementIndices
  let width: Int

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard
      let mover = ElementMover(arguments.inputBytes(0), arguments.outputBytes(0), width: width)
    else { return }
    try indices.forEach(arguments.inputBytes(1)) { (number, position) throws(MRDLError) in
      mover.move(position, to: number)
    }
  }
}
