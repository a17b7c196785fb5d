import MRDLCore
import MRDLModel
import MRDLOperators

/// Test operator: input 0 plus input 1, elementwise, of equal shapes. Output may be input 0.
struct Plus: Operator {
  static let name = "Plus"
  static let domain = "test"
  static let inputCount = 2...2

  init(attributes: inout AttributeReader) throws(MRDLError) {}

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let left = try operands.required(0)
    return [ValueFacts(left.scalarType, left.shape)]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { PlusKernel() }
}

private struct PlusKernel: Kernel {
  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0), (1, 0)] }
  var workspaceByteCount: Int { 100 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let left = arguments.input(0, as: Float.self)
    let right = arguments.input(1, as: Float.self)
    let output = arguments.output(0, as: Float.self)
    precondition(arguments.workspace.count == 100)
    arguments.workspace.initializeMemory(as: UInt8.self, repeating: 0xFF)
    for index in output.indices { output[index] = left[index] + right[index] }
  }
}

/// Test operator: the first elements of input 0, as many as the only element of input 1 says.
struct Prefix: Operator {
  static let name = "Prefix"
  static let domain = "test"
  static let inputCount = 2...2

  init(attributes: inout AttributeReader) throws(MRDLError) {}

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    guard let count = try operands.integers(1)?.first else {
      return [ValueFacts(data.scalarType, [.unknown])]
    }
    return [ValueFacts(data.scalarType, [.fixed(count)])]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { PrefixKernel() }
}

private struct PrefixKernel: Kernel {
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let source = arguments.input(0, as: Float.self)
    let target = arguments.output(0, as: Float.self)
    for index in target.indices { target[index] = source[index] }
  }
}

extension OperatorSet {
  static let testing = OperatorSet.standard.adding([Plus.self, Prefix.self])
}

func plus(_ left: String, _ right: String, _ output: String) -> Node {
  Node("Plus", domain: "test", inputs: [left, right], outputs: [output])
}
