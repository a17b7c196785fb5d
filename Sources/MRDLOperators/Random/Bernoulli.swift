public import MRDLCore
internal import MRDLNumerics

/// ONNX Bernoulli: 1 with the probability that the input gives, else 0.
///
/// The type is `dtype`, or that of the input. The numbers are the same in every run; `RandomSource` tells what
/// they depend on.
public struct Bernoulli: Operator {
  public static let name = "Bernoulli"
  public static let inputCount = 1...1

  private let source: RandomSource
  private let type: ScalarType?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    source = try RandomSource(&attributes)
    type = try attributes.scalarType("dtype", among: .all)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    return [ValueFacts(type ?? data.scalarType, data.shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    let target = request.outputs[0]?.scalarType ?? type
    guard Set.realNumbers.contains(type), target.hasNumbers || target == .bool else {
      throw request.unsupportedType(type)
    }
    return BernoulliKernel(source: source, type: type, target: target)
  }
}

private struct BernoulliKernel: Kernel {
  let source: RandomSource
  let type: ScalarType
  let target: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try target.accept(
      Visitor(
        numbers: source.numbers, type: type, input: arguments.inputBytes(0),
        output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let numbers: RandomNumbers
    let type: ScalarType
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ target: Number.Type) throws(MRDLError) {
      var numbers = numbers
      let output = output.assumingMemoryBound(to: target)
      for index in output.indices {
        let probability =
          type == .float32
          ? Double(input.assumingMemoryBound(to: Float.self)[index])
          : input.assumingMemoryBound(to: Double.self)[index]
        output[index] = numbers.nextUniform() < probability ? .one : .zero
      }
    }
  }
}
