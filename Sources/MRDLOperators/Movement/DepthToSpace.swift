public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX DepthToSpace: blocks of channels of [N, C, H, W] become squares of pixels of `blocksize`.
///
/// The channels are read block by block, or column by column where `mode` is "CRD".
public struct DepthToSpace: Operator {
  public static let name = "DepthToSpace"
  public static let inputCount = 1...1

  private enum Mode: String, CaseIterable {
    case depthFirst = "DCR"
    case columnFirst = "CRD"
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
    let square = blockSize * blockSize
    if let channels = shape[1].value, channels % square != 0 {
      throw operands.shapeMismatch(
        "the channels are not whole blocks", found: "\(shape)", expected: "a multiple of \(square)")
    }
    return [
      ValueFacts(
        data.scalarType,
        [
          shape[0], shape[1].value.map { .fixed($0 / square) } ?? .unknown,
          .product([shape[2], .fixed(blockSize)]), .product([shape[3], .fixed(blockSize)]),
        ])
    ]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let (n, c, h, w) = request.outputShape().nchw
    let height = h / blockSize
    let width = w / blockSize
    let bytes = try request.elementByteCount(0)
    switch mode {
    case .depthFirst:
      return CopyKernel([
        StridedCopy(
          transposing: [n, blockSize, blockSize, c, height, width], by: [0, 3, 4, 1, 5, 2],
          elementByteCount: bytes)
      ])
    case .columnFirst:
      return CopyKernel([
        StridedCopy(
          transposing: [n, c, blockSize, blockSize, height, width], by: [0, 1, 4, 2, 5, 3],
          elementByteCount: bytes)
      ])
    }
  }
}

extension Shape {
  /// The four extents of a batch of pictures.
  var nchw: (Int, Int, Int, Int) { (self[0], self[1], self[2], self[3]) }
}
