package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// [N, C, H, W] in blocks: [N, blocks, H, W, lanes]. [C, 1, 1] is taken for [1, C, 1, 1].
package struct ToBlocks: ProgramOperator {
  package static let name = "ToBlocks"
  package static let domain = "mrdl.blocked"
  package static let inputCount = 1...1

  let width: BlockWidth

  package init(width: BlockWidth) {
    self.width = width
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    guard let shape = try operands.shape(0, rank: 3...4) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    let missing = shape.rank == 3 ? [Dimension.fixed(1)] : []
    return [ValueFacts(data.scalarType, SymbolicShape(missing + shape.dimensions)).blocked(width)]
  }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    BlockConversionKernel(request.inputShape(0), width, toBlocks: true, request.inputType(0))
  }
}

/// [N, blocks, H, W, lanes] in planes: [N, C, H, W].
package struct FromBlocks: ProgramOperator {
  package static let name = "FromBlocks"
  package static let domain = "mrdl.blocked"
  package static let inputCount = 1...1

  let channels: Int
  let width: BlockWidth

  package init(channels: Int, width: BlockWidth) {
    self.channels = channels
    self.width = width
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    guard let shape = try operands.shape(0, rank: 5...5) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    return [
      ValueFacts(
        data.scalarType, SymbolicShape([shape[0], .fixed(channels), shape[2], shape[3]]))
    ]
  }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    BlockConversionKernel(request.outputShape(), width, toBlocks: false, request.inputType(0))
  }
}

private struct BlockConversionKernel: Kernel {
  let layout: BlockedLayout
  let toBlocks: Bool
  /// Elements are of eight bits, in place of float32.
  let isBytes: Bool

  init(_ planes: Shape, _ width: BlockWidth, toBlocks: Bool, _ type: ScalarType) {
    isBytes = type.bitWidth == 8
    let dimensions = planes.rank == 3 ? [1] + planes.dimensions : planes.dimensions
    layout = BlockedLayout(
      batchCount: dimensions[0], channels: dimensions[1], pixels: dimensions[2] * dimensions[3],
      width: width)
    self.toBlocks = toBlocks
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    if isBytes {
      if toBlocks {
        layout.makeBlocks(ofBytes: input, into: output, threadLimit: arguments.threadLimit)
      } else {
        layout.makePlanes(ofBytes: input, into: output, threadLimit: arguments.threadLimit)
      }
    } else if toBlocks {
      layout.makeBlocks(of: input, into: output, threadLimit: arguments.threadLimit)
    } else {
      layout.makePlanes(of: input, into: output, threadLimit: arguments.threadLimit)
    }
  }
}
