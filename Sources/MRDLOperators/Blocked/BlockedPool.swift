package import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// MaxPool and AveragePool on blocked tensors: X [N, blocks, H, W, lanes] gives Y [N, blocks, H′, W′, lanes].
package struct BlockedPool: ProgramOperator {
  package static let name = "Pool"
  package static let domain = "mrdl.blocked"
  package static let inputCount = 1...1

  let base: any PoolingOperator
  let width: BlockWidth

  init(_ base: any PoolingOperator, width: BlockWidth) {
    self.base = base
    self.width = width
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    guard let input = try operands.shape(0, rank: 5...5) else {
      return [ValueFacts(.float32, nil)]
    }
    // Blocks are to pooling what planes are: it does not mix them.
    let planes = ValueFacts(
      try operands.required(0).scalarType, SymbolicShape(Array(input.dimensions[..<4])))
    let pooled = try base.infer(
      Operands([planes], outputCount: operands.outputCount, place: operands.place))
    guard let shape = pooled[0].shape else { return [pooled[0]] }
    return [ValueFacts(pooled[0].scalarType, SymbolicShape(shape.dimensions + [input[4]]))]
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    base.cost(inputs: inputs, outputs: outputs)
  }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let input = request.inputShape(0)
    return BlockedPoolKernel(
      pooling: BlockedPooling(
        base.kind, batchCount: input[0], channels: input[1] * input[4], width: width,
        window: base.window.window(
          input: Array(input.dimensions[2..<4]), kernel: base.window.kernelShape ?? [])))
  }
}

private struct BlockedPoolKernel: Kernel {
  let pooling: BlockedPooling

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    pooling.run(input: input, output: output, threadLimit: arguments.threadLimit)
  }
}

extension PoolingOperator {
  public func blocked(_ request: BlockingRequest) -> BlockedForm? {
    guard request.needsFirstOutputOnly, let channels = request.channels[0] else { return nil }
    return BlockedForm(
      BlockedPool(self, width: request.width), [.blocked(channels: channels)], channels: channels)
  }
}
