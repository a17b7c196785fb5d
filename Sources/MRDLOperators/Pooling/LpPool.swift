public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX LpPool: the norm (Σ |x|ᵖ)^(1/p) of what each window sees; padding counts as zeros.
public struct LpPool: Operator {
  public static let name = "LpPool"
  public static let inputCount = 1...1

  private let window: WindowAttributes
  private let power: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: true)
    power = try attributes.integer("p", default: 2)
    guard power > 0 else { throw attributes.wrongValue("p", "\(power)", "1 or more") }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    guard let input = try operands.shape(0, rank: 3...5) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    guard let kernel = window.kernelShape, kernel.count == input.rank - 2 else {
      throw operands.badAttribute(
        "attribute \"kernel_shape\" does not fit the input", found: "\(window.kernelShape ?? [])",
        expected: Quantity.count(input.rank - 2, "number"))
    }
    let output = try window.output(Array(input.dimensions[2...]), kernel: kernel, operands)
    return [ValueFacts(data.scalarType, SymbolicShape([input[0], input[1]] + output))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    return NormPoolingKernel(
      type: type, planes: shape[0] * shape[1],
      window: window.window(
        input: Array(shape.dimensions[2...]), kernel: window.kernelShape ?? []), power: power)
  }
}

/// The norms of what windows see.
struct NormPoolingKernel: Kernel {
  let type: ScalarType
  let planes: Int
  let window: Window
  let power: Int

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: NormPoolingKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let axes = kernel.window.axes
      let (volume, count) = (kernel.window.inputVolume, kernel.window.outputVolume)
      let taps = axes.reduce(1) { $0 * $1.kernel }
      for plane in 0..<kernel.planes {
        for place in 0..<count {
          var sum = 0.0
          for tap in 0..<taps {
            var (restTap, restPlace, step, source) = (tap, place, 1, 0)
            var isInside = true
            for axis in axes.reversed() {
              let position =
                restPlace % axis.output * axis.stride - axis.begin
                + restTap % axis.kernel * axis.dilation
              isInside = isInside && position >= 0 && position < axis.input
              source += position * step
              step *= axis.input
              restPlace /= axis.output
              restTap /= axis.kernel
            }
            guard isInside else { continue }
            sum += Self.power(abs(x[plane * volume + source].real), kernel.power)
          }
          y[plane * count + place] = Number(nearest: Self.root(sum, kernel.power))
        }
      }
    }

    static func power(_ value: Double, _ power: Int) -> Double {
      switch power {
      case 1: return value
      case 2: return value * value
      default: return (0..<power).reduce(1.0) { product, _ in product * value }
      }
    }

    static func root(_ value: Double, _ power: Int) -> Double {
      switch power {
      case 1: return value
      case 2: return value.squareRoot()
      default: return value == 0 ? 0 : exponential(logarithm(value) / Double(power))
      }
    }
  }
}
