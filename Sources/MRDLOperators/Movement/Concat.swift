public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Concat: tensors one behind the other along `axis`; they agree in all other axes.
public struct Concat: Operator {
  public static let name = "Concat"
  public static let inputCount = 1...Int.max

  package let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let axis = try attributes.integer("axis") else { throw attributes.missing("axis") }
    self.axis = axis
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(operands.facts.indices, among: .stored)
    var result: SymbolicShape?
    var position = 0
    for index in operands.facts.indices {
      guard let shape = try operands.required(index).shape else { return [ValueFacts(type, nil)] }
      guard var common = result else {
        guard shape.rank > 0 else {
          throw operands.shapeMismatch(
            "a tensor without axes cannot be joined to another", found: "\(shape)")
        }
        position = try operands.axis(axis, rank: shape.rank)
        result = shape
        continue
      }
      guard shape.rank == common.rank else {
        throw operands.shapeMismatch(
          "the inputs have different numbers of axes", found: "\(shape)", expected: "\(common)")
      }
      for other in 0..<shape.rank where other != position {
        common[other] = try operands.unify(
          common[other], shape[other], "the inputs differ in axis \(other)")
      }
      common[position] = Self.sum(common[position], shape[position])
      result = common
    }
    return [ValueFacts(type, result)]
  }

  private static func sum(_ left: Dimension, _ right: Dimension) -> Dimension {
    switch (left, right) {
    case (.fixed(let left), .fixed(let right)):
      left.addingChecked(right).map { .fixed($0) } ?? .unknown
    case (.fixed(0), _): right
    case (_, .fixed(0)): left
    default: .unknown
    }
  }

  /// Along the channels, where each input but the last fills its blocks.
  public func blocked(_ request: BlockingRequest) -> BlockedForm? {
    let channels = request.channels.compactMap(\.self)
    guard axis == 1 || axis == -3, channels.count == request.inputs.count,
      channels.dropLast().allSatisfy({ $0 % request.width.lanes == 0 })
    else { return nil }
    let op = Concat(axis: 1)
    return BlockedForm(op, channels.map { .blocked(channels: $0) }, channels: channels.reduce(0, +))
  }

  private init(axis: Int) {
    self.axis = axis
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let whole = request.outputShape()
    guard let width = request.inputType(0).elementByteCount,
      let axis = whole.normalizedAxis(axis)
    else { throw request.unsupportedType(request.inputType(0)) }
    var position = 0
    var copies: [StridedCopy?] = []
    for index in request.inputs.indices {
      let part = request.inputShape(index)
      copies.append(
        StridedCopy(
          placing: part, in: whole, axis: axis, at: position, elementByteCount: width))
      position += part[axis]
    }
    return CopyKernel(copies)
  }
}
