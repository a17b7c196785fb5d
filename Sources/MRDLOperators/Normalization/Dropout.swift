public import MRDLCore
internal import MRDLModel

/// ONNX Dropout in inference: the output is the input, and the mask, where it is asked for, is true
/// everywhere.
///
/// Inputs: the data, and maybe the ratio and the flag of training, which must be false.
public struct Dropout: Operator {
  public static let name = "Dropout"
  public static let inputCount = 1...3
  public static let outputCount = 1...2

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    _ = try attributes.integer("seed")
  }

  public var isView: Bool { true }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    if let flag = operands.optional(2) {
      guard let constant = flag.constant, constant.scalarType == .bool,
        !constant.withUnsafeBytes({ $0.contains { $0 != 0 } })
      else {
        throw operands.badAttribute(
          "elements can be dropped only while training", expected: "a constant false as input 2")
      }
    }
    let output = ValueFacts(data.scalarType, data.shape)
    return operands.outputCount > 1 ? [output, ValueFacts(.bool, data.shape)] : [output]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    DropoutKernel()
  }
}

private struct DropoutKernel: Kernel {
  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try ViewKernel().run(arguments)
    if arguments.hasOutput(1) {
      arguments.outputBytes(1).initializeMemory(as: UInt8.self, repeating: 1)
    }
  }
}
