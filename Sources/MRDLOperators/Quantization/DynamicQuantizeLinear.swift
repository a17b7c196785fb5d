public import MRDLCore
internal import MRDLModel

/// ONNX DynamicQuantizeLinear: the data as u8, with the scale and the zero point that make the most of its
/// range; the range always contains 0.
public struct DynamicQuantizeLinear: Operator {
  public static let name = "DynamicQuantizeLinear"
  public static let inputCount = 1...1
  public static let outputCount = 1...3

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: [.float32])
    return [
      ValueFacts(.uint8, data.shape), ValueFacts(.float32, .scalar), ValueFacts(.uint8, .scalar),
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    DynamicQuantizeKernel(place: request.place)
  }
}

private struct DynamicQuantizeKernel: Kernel {
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let x = arguments.input(0, as: Float.self)
    guard x.allSatisfy(\.isFinite) else {
      throw MRDLError(
        .operatorFailed, "numbers that are not finite have no range", found: "NaN or infinity",
        at: place)
    }
    let low = min(x.min() ?? 0, 0)
    let high = max(x.max() ?? 0, 0)
    let scale = (high - low) / 255
    let zero = scale == 0 ? 0 : max(0, min((-low / scale).rounded(.toNearestOrEven), 255))
    if arguments.hasOutput(0) {
      let y = arguments.output(0, as: UInt8.self)
      for index in y.indices {
        let value = scale == 0 ? 0 : (x[index] / scale).rounded(.toNearestOrEven)
        y[index] = UInt8(max(0, min(value + zero, 255)))
      }
    }
    if arguments.hasOutput(1) { arguments.output(1, as: Float.self)[0] = scale }
    if arguments.hasOutput(2) { arguments.output(2, as: UInt8.self)[0] = UInt8(zero) }
  }
}
