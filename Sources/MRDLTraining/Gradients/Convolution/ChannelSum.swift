public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
public import MRDLOperators

/// Sums [batch, channels, …] over everything but the channels: the residual of a bias (3-15).
///
/// A channel is summed image after image in the order of the batch, whatever the number of threads.
public struct ChannelSum: Operator {
  public static let name = "ChannelSum"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let value = try operands.required(0, of: .realNumbers)
    guard let shape = try operands.shape(0, rank: 2...Limits.standard.rank) else {
      return [ValueFacts(value.scalarType, SymbolicShape([.unknown]))]
    }
    return [ValueFacts(value.scalarType, SymbolicShape([shape[1]]))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    let volume = shape.dimensions[2...].reduce(1, *)
    return try request.real(
      float32: ChannelSumKernel<Float>(batch: shape[0], channels: shape[1], volume: volume),
      float64: ChannelSumKernel<Double>(batch: shape[0], channels: shape[1], volume: volume))
  }
}

private struct ChannelSumKernel<Element: RealElement>: Kernel {
  let batch: Int
  let channels: Int
  let volume: Int

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let result = arguments.output(0, as: Element.self).baseAddress else { return }
    result.update(repeating: 0, count: channels)
    guard let values = arguments.input(0, as: Element.self).baseAddress else { return }
    let work = Channels(kernel: self, values: values, result: result)
    WorkerPool.run(
      work, count: channels,
      threadLimit: batch * channels * volume < ProductBlocking.leastParallelWork
        ? 1 : arguments.threadLimit)
  }

  private struct Channels: ParallelWork {
    let kernel: ChannelSumKernel
    let values: UnsafePointer<Element>
    let result: UnsafeMutablePointer<Element>

    @specialized(where Element == Float)
    @specialized(where Element == Double)
    func run(index: Int, slot: Int) {
      var sum = 0.0
      for image in 0..<kernel.batch {
        let plane = values + (image * kernel.channels + index) * kernel.volume
        sum += Double(Element.reduce(.sum, count: kernel.volume, plane))
      }
      result[index] = Element(sum)
    }
  }
}
