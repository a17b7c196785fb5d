package import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// GlobalAveragePool and GlobalMaxPool on blocked tensors: X [N, blocks, H, W, lanes] gives
/// Y [N, blocks, 1, 1, lanes].
package struct BlockedGlobalPool: ProgramOperator {
  package static let name = "GlobalPool"
  package static let domain = "mrdl.blocked"
  package static let inputCount = 1...1

  /// Whether it takes the mean; if not, the largest number.
  let isMean: Bool
  let width: BlockWidth

  init(isMean: Bool, width: BlockWidth) {
    self.isMean = isMean
    self.width = width
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    guard let input = try operands.shape(0, rank: 5...5) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape([input[0], input[1], .fixed(1), .fixed(1), input[4]]))
    ]
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: inputs[0]?.concreteShape?.elementCount ?? 0)
  }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let input = request.inputShape(0)
    return BlockedGlobalPoolKernel(
      isMean: isMean, width: width, blocks: input[0] * input[1], pixels: input[2] * input[3])
  }
}

private struct BlockedGlobalPoolKernel: Kernel {
  let isMean: Bool
  let width: BlockWidth
  let blocks: Int
  let pixels: Int

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, blocks > 0
    else { return }
    BlockedPooling.reduce(
      isMean, blocks: blocks, pixels: pixels, width: width, input: input, output: output,
      threadLimit: arguments.threadLimit)
  }
}

extension GlobalPooling {
  public func blocked(_ request: BlockingRequest) -> BlockedForm? {
    guard let channels = request.channels[0], Self.kind == .mean || Self.kind == .maximum else {
      return nil
    }
    return BlockedForm(
      BlockedGlobalPool(isMean: Self.kind == .mean, width: request.width),
      [.blocked(channels: channels)],
      channels: channels)
  }
}
