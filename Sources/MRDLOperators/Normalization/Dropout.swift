public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Dropout: the input as it is; or, where training is asked for, each element dropped with the probability
/// `ratio` and the others divided by 1 − ratio.
///
/// Inputs: the data, maybe the ratio, ½ unless given, and the flag of training. Outputs: the data, and a mask
/// that is true where an element has not been dropped. The elements dropped are the same in every run;
/// `RandomSource` tells what they depend on.
public struct Dropout: Operator {
  public static let name = "Dropout"
  public static let inputCount = 1...3
  public static let outputCount = 1...2

  private let source: RandomSource
  /// Without a flag of training nothing is dropped.
  public let isView: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    source = RandomSource(
      seed: try attributes.integer("seed").map { Double($0) }, attributes.node)
    isView = attributes.node.inputs.count < 3 || attributes.node.inputs[2].isEmpty
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    if let ratio = operands.optional(1) {
      _ = try operands.required(1, of: .floats)
      try checkSingle(ratio, operands)
      if let number = ratio.number, !(0..<1).contains(number) {
        throw operands.badAttribute(
          "the ratio of elements to drop is out of range", found: "\(number)",
          expected: "0 up to, and without, 1")
      }
    }
    if let flag = operands.optional(2) {
      _ = try operands.required(2, of: [.bool])
      try checkSingle(flag, operands)
    }
    let output = ValueFacts(data.scalarType, data.shape)
    return operands.outputCount > 1 ? [output, ValueFacts(.bool, data.shape)] : [output]
  }

  private func checkSingle(_ facts: ValueFacts, _ operands: Operands) throws(MRDLError) {
    guard let shape = facts.concreteShape, shape.elementCount != 1 else { return }
    throw operands.shapeMismatch(
      "ratio and flag of training are single numbers", found: "\(shape)")
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    if isView { return UndroppedKernel() }
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    var ratioType: ScalarType?
    if request.inputs.count > 1, request.inputs[1] != nil { ratioType = request.inputType(1) }
    if let ratioType, !Set.realNumbers.contains(ratioType) {
      throw request.unsupportedType(ratioType)
    }
    return DropoutKernel(source: source, type: type, ratioType: ratioType, place: request.place)
  }
}

/// The data as it is, and a mask that is true everywhere.
private struct UndroppedKernel: Kernel {
  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try ViewKernel().run(arguments)
    if arguments.hasOutput(1) {
      arguments.outputBytes(1).initializeMemory(as: UInt8.self, repeating: 1)
    }
  }
}

/// Drops elements where the flag of training says so.
private struct DropoutKernel: Kernel {
  let source: RandomSource
  let type: ScalarType
  let ratioType: ScalarType?
  let place: Place

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let ratio: Double
    switch ratioType {
    case .float64?: ratio = arguments.input(1, as: Double.self)[0]
    case nil: ratio = 0.5
    default: ratio = Double(arguments.input(1, as: Float.self)[0])
    }
    guard (0..<1).contains(ratio) else {
      throw MRDLError(
        .operatorFailed, "the ratio of elements to drop is out of range", found: "\(ratio)",
        expected: "0 up to, and without, 1", at: place)
    }
    if ratio == 0 || arguments.inputBytes(2)[0] == 0 { return try UndroppedKernel().run(arguments) }
    try type.accept(
      Visitor(
        numbers: source.numbers, ratio: ratio, input: arguments.inputBytes(0),
        output: arguments.outputBytes(0),
        mask: arguments.hasOutput(1) ? arguments.output(1, as: Bool.self) : nil))
  }

  private struct Visitor: NumberVisitor {
    let numbers: RandomNumbers
    let ratio: Double
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer
    let mask: UnsafeMutableBufferPointer<Bool>?

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      var numbers = numbers
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      for index in y.indices {
        let isKept = numbers.nextUniform() >= ratio
        y[index] = isKept ? Number(nearest: x[index].real / (1 - ratio)) : .zero
        mask?[index] = isKept
      }
    }
  }
}
