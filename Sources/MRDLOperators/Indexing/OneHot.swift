public import MRDLCore
internal import MRDLModel

/// ONNX OneHot: a new axis on which one place is on and all others are off.
///
/// Inputs: the indices, where -1 is the last place; the extent of the new axis; and the values for off and
/// on. An index out of range is off everywhere. `axis` is where the new axis comes, -1 for behind all.
public struct OneHot: Operator {
  public static let name = "OneHot"
  public static let inputCount = 3...3

  private let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let indices = try operands.required(0, of: .numbers)
    let depth = try operands.required(1, of: .numbers)
    let values = try operands.required(2, of: .all)
    _ = try operands.shape(2, rank: 1...1).map { (shape) throws(MRDLError) in
      try operands.unify(shape[0], 2, "the values are not those for off and on")
    }
    guard var shape = indices.shape else { return [ValueFacts(values.scalarType, nil)] }
    let axis = try operands.axis(axis, rank: shape.rank + 1)
    let extent = depth.number ?? depth.constant.flatMap(Self.small)
    if let extent, !(extent >= 1 && extent < 0x1p40) {
      throw operands.shapeMismatch("a depth is out of range", found: "\(extent)")
    }
    shape.dimensions.insert(extent.map { .fixed(Int($0)) } ?? .unknown, at: axis)
    return [ValueFacts(values.scalarType, shape)]
  }

  private static func small(_ tensor: Tensor) -> Double? {
    guard tensor.elementCount > 0 else { return nil }
    switch tensor.scalarType {
    case .uint8: return Double(tensor.span(of: UInt8.self)[0])
    case .int8: return Double(tensor.span(of: Int8.self)[0])
    case .uint16: return Double(tensor.span(of: UInt16.self)[0])
    case .int16: return Double(tensor.span(of: Int16.self)[0])
    case .uint32: return Double(tensor.span(of: UInt32.self)[0])
    case .uint64: return Double(tensor.span(of: UInt64.self)[0])
    default: return nil
    }
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let result = request.outputShape()
    guard let axis = result.normalizedAxis(axis) else {
      preconditionFailure("inference checks axes")
    }
    let width = try request.elementByteCount(2)
    return OneHotKernel(
      lines: result.lines(along: axis),
      cast: CastKernel(
        from: request.inputType(0), to: .float64, count: request.inputShape(0).elementCount),
      count: request.inputShape(0).elementCount, width: width)
  }
}

private struct OneHotKernel: Kernel {
  let lines: (outer: Int, length: Int, inner: Int)
  let cast: CastKernel
  let count: Int
  let width: Int

  var workspaceByteCount: Int { count * 8 + cast.workspaceByteCount }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let numbers = arguments.workspace.baseAddress,
      let mover = ElementMover(arguments.inputBytes(2), arguments.outputBytes(0), width: width)
    else { return }
    try cast.run(
      from: arguments.inputBytes(0),
      to: UnsafeMutableRawBufferPointer(start: numbers, count: count * 8),
      scratch: UnsafeMutableRawBufferPointer(rebasing: arguments.workspace[(count * 8)...]))
    let indices = numbers.assumingMemoryBound(to: Double.self)
    for place in 0..<(lines.outer * lines.length * lines.inner) { mover.move(0, to: place) }
    for number in 0..<count {
      let given = indices[number]
      let index = given < 0 ? given + Double(lines.length) : given
      guard index >= 0, index < Double(lines.length) else { continue }
      let (outer, inner) = number.quotientAndRemainder(dividingBy: lines.inner)
      mover.move(1, to: (outer * lines.length + Int(index)) * lines.inner + inner)
    }
  }
}
