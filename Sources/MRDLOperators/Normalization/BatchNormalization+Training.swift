internal import MRDLCore

/// Batch normalisation by the statistics of the batch itself, and the running averages of those.
///
/// Outputs: Y, then momentum · mean + (1 − momentum) · mean of the batch, and the same of the variance.
struct BatchStatisticsKernel: Kernel {
  let type: ScalarType
  let batch: Int
  let channels: Int
  let volume: Int
  let epsilon: Double
  let momentum: Double

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    if type == .float32 {
      run(arguments, Float.self)
    } else {
      run(arguments, Double.self)
    }
  }

  private func run<Scalar: BinaryFloatingPoint & TensorElement>(
    _ arguments: borrowing KernelArguments, _ scalar: Scalar.Type
  ) {
    let x = arguments.input(0, as: scalar)
    let scale = arguments.input(1, as: scalar)
    let shift = arguments.input(2, as: scalar)
    let count = Double(batch * volume)
    for channel in 0..<channels {
      /// The sum over all elements of the channel.
      func sum(_ function: (Double) -> Double) -> Double {
        var sum = 0.0
        for image in 0..<batch {
          let first = (image * channels + channel) * volume
          for index in first..<(first + volume) { sum += function(Double(x[index])) }
        }
        return sum
      }
      let mean = sum { $0 } / count
      let variance = sum { ($0 - mean) * ($0 - mean) } / count
      if arguments.hasOutput(0) {
        let y = arguments.output(0, as: scalar)
        let factor = Double(scale[channel]) / (variance + epsilon).squareRoot()
        for image in 0..<batch {
          let first = (image * channels + channel) * volume
          for index in first..<(first + volume) {
            y[index] = Scalar((Double(x[index]) - mean) * factor + Double(shift[channel]))
          }
        }
      }
      for (output, input, statistic) in [(1, 3, mean), (2, 4, variance)]
      where arguments.hasOutput(output) {
        let old = Double(arguments.input(input, as: scalar)[channel])
        arguments.output(output, as: scalar)[channel] = Scalar(
          old * momentum + statistic * (1 - momentum))
      }
    }
  }
}
