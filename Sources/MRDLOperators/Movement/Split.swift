public import MRDLCore
internal import MRDLModel

/// ONNX Split: a tensor cut into parts along `axis` (0 unless given).
///
/// Inputs: the data, and maybe the sizes of the parts. Without them there are `num_outputs` parts, or as
/// many as the node has outputs, of the same size but for the last.
public struct Split: Operator {
  public static let name = "Split"
  public static let inputCount = 1...2
  public static let outputCount = 1...Int.max

  private let axis: Int
  private let partCount: Int?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 0)
    partCount = try attributes.integer("num_outputs")
    if let partCount, partCount < 1 {
      throw attributes.wrongValue("num_outputs", "\(partCount)", "1 or more")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    guard let shape = try operands.shape(0, rank: 1...Int.max) else {
      return (0..<operands.outputCount).map { _ in
        ValueFacts(data.scalarType, nil as SymbolicShape?)
      }
    }
    let axis = try operands.axis(axis, rank: shape.rank)
    let sizes = try sizes(operands, shape[axis])
    return (0..<operands.outputCount).map { index in
      var part = shape
      part[axis] = sizes.map { .fixed($0[index]) } ?? .unknown
      return ValueFacts(data.scalarType, part)
    }
  }

  /// The sizes of the parts; nil where they are not known yet.
  private func sizes(_ operands: Operands, _ extent: Dimension) throws(MRDLError) -> [Int]? {
    if operands.optional(1) != nil {
      guard let sizes = try operands.integers(1) else { return nil }
      let sum = sizes.reduce(0, &+)
      guard sizes.count == operands.outputCount, sizes.allSatisfy({ $0 >= 0 }),
        extent.value == nil || extent.value == sum
      else {
        throw operands.shapeMismatch(
          "the parts do not make up the axis", found: "\(sizes)",
          expected: "\(operands.outputCount) parts of \(extent)")
      }
      return sizes
    }
    let count = partCount ?? operands.outputCount
    guard count >= operands.outputCount else {
      throw operands.badAttribute(
        "a node has more outputs than parts", found: "\(operands.outputCount)",
        expected: "\(count)")
    }
    guard let extent = extent.value else { return nil }
    let size = (extent + count - 1) / count
    return (0..<count).map { max(0, min(size, extent - $0 * size)) }
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    let width = try request.elementByteCount(0)
    guard let axis = shape.normalizedAxis(axis) else {
      preconditionFailure("inference checks axes")
    }
    let lines = shape.lines(along: axis)
    let operands = Operands(
      request.inputs, outputCount: request.outputs.count, place: request.place)
    guard let sizes = try sizes(operands, .fixed(lines.length)) else {
      preconditionFailure("a kernel is asked for before the sizes are known")
    }
    return SplitKernel(
      outerCount: lines.outer, rowByteCount: lines.length * lines.inner * width,
      partByteCounts: sizes.map { $0 * lines.inner * width })
  }
}

private struct SplitKernel: Kernel {
  let outerCount: Int
  let rowByteCount: Int
  let partByteCounts: [Int]

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let source = arguments.inputBytes(0).baseAddress else { return }
    var start = 0
    for (index, byteCount) in partByteCounts.enumerated() {
      if arguments.hasOutput(index), let target = arguments.outputBytes(index).baseAddress {
        for row in 0..<outerCount {
          (target + row * byteCount).copyMemory(
            from: source + row * rowByteCount + start, byteCount: byteCount)
        }
      }
      start += byteCount
    }
  }
}
