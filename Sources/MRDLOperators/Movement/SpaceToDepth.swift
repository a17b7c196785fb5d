public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX SpaceToDepth: squares of pixels of [N, C, H, W] become blocks of channels.
///
/// `mode` says in which order: DCR, the place in the square before the channel, or CRD, behind it.
public struct SpaceToDepth: Operator {
  public static let name = "SpaceToDepth"
  public static let inputCount = 1...1

  enum Mode: String, CaseIterable, Sendable {
    case depthFirst = "DCR"
    case channelFirst = "CRD"
  }

  private let blockSize: Int
  private let mode: Mode

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let size = try attributes.integer("blocksize") else {
      throw attributes.missing("blocksize")
    }
    guard (1...65_536).contains(size) else {
      throw attributes.wrongValue("blocksize", "\(size)", "1 to 65536")
    }
    blockSize = size
    mode = try attributes.choice("mode", default: .depthFirst)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    guard let shape = try operands.shape(0, rank: 4...4) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    func part(_ extent: Dimension) throws(MRDLError) -> Dimension {
      guard let value = extent.value else { return .unknown }
      guard value % blockSize == 0 else {
        throw operands.shapeMismatch(
          "the pixels are not whole squares", found: "\(shape)",
          expected: "a multiple of \(blockSize)")
      }
      return .fixed(value / blockSize)
    }
    return [
      ValueFacts(
        data.scalarType,
        [
          shape[0], .product([shape[1], .fixed(blockSize * blockSize)]), try part(shape[2]),
          try part(shape[3]),
        ])
    ]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let (n, c, h, w) = request.inputShape(0).nchw
    return CopyKernel([
      StridedCopy(
        transposing: [n, c, h / blockSize, blockSize, w / blockSize, blockSize],
        by: mode == .depthFirst ? [0, 3, 5, 1, 2, 4] : [0, 1, 3, 5, 2, 4],
        elementByteCount: try request.elementByteCount(0))
    ])
  }
}
