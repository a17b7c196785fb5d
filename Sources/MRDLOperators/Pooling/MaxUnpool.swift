public import MRDLCore
internal import MRDLModel

/// ONNX MaxUnpool: numbers put back where MaxPool took them from, zeros elsewhere.
///
/// Inputs: the numbers, their positions, and maybe the shape of the output. Positions count in the output
/// that the window alone would give, of which the one given has more or fewer elements along some axes.
public struct MaxUnpool: Operator {
  public static let name = "MaxUnpool"
  public static let inputCount = 2...3

  private let window: WindowAttributes

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: false)
    guard window.kernelShape != nil else { throw attributes.missing("kernel_shape") }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    _ = try operands.required(1, of: [.int64])
    guard let shape = try operands.shape(0, rank: 3...8) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    let rank = shape.rank - 2
    for list in [window.kernelShape, window.strides] {
      guard let list, list.count != rank else { continue }
      throw operands.badAttribute("a window does not fit the data", found: "\(list)")
    }
    if operands.optional(2) != nil {
      guard let extents = try operands.integers(2) else {
        return [
          ValueFacts(
            data.scalarType, SymbolicShape([Dimension](repeating: .unknown, count: shape.rank)))
        ]
      }
      guard extents.count == shape.rank, let result = Shape(checking: extents) else {
        throw operands.shapeMismatch("the shape of the output does not fit", found: "\(extents)")
      }
      return [ValueFacts(data.scalarType, result)]
    }
    var result = shape
    for axis in 0..<rank {
      let pads = window.pads.map { $0[axis] + $0[axis + rank] } ?? 0
      result[axis + 2] =
        shape[axis + 2].value.map { extent in
          .fixed(
            max(
              0,
              (extent - 1) * (window.strides?[axis] ?? 1) + (window.kernelShape?[axis] ?? 1) - pads
            ))
        } ?? .unknown
    }
    return [ValueFacts(data.scalarType, result)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let operands = Operands(
      Array(request.inputs.prefix(2)), outputCount: 1, place: request.place)
    guard let source = try infer(operands)[0].concreteShape else {
      preconditionFailure("shapes are concrete")
    }
    return UnpoolKernel(
      source: source, target: request.outputShape(), width: try request.elementByteCount(0),
      place: request.place)
  }
}

private struct UnpoolKernel: Kernel {
  /// The shape in which positions count.
  let source: Shape
  let target: Shape
  let width: Int
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let output = arguments.outputBytes(0)
    output.baseAddress?.initializeMemory(as: UInt8.self, repeating: 0, count: output.count)
    guard let mover = ElementMover(arguments.inputBytes(0), output, width: width) else { return }
    let positions = arguments.input(1, as: Int64.self)
    let strides = target.strides
    for index in positions.indices {
      guard positions[index] >= 0, positions[index] < source.elementCount else {
        throw MRDLError(
          .operatorFailed, "a position is out of range", found: "\(positions[index])",
          expected: "0 to \(source.elementCount - 1)", at: place)
      }
      var (rest, position, fits) = (Int(positions[index]), 0, true)
      for axis in (0..<source.rank).reversed() {
        let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: source[axis])
        fits = fits && remainder < target[axis]
        position += remainder * strides[axis]
        rest = quotient
      }
      if fits { mover.move(index, to: position) }
    }
  }
}
