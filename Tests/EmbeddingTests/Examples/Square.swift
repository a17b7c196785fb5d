import MRDL
import MRDLOperators

/// y = x², in a domain of its own.
struct Square: Operator {
  static let name = "Square"
  static let domain = "com.example"
  static let inputCount = 1...1

  init(attributes: inout AttributeReader) throws(MRDLError) {}

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let x = try operands.required(0, of: [.float32])
    return [ValueFacts(x.scalarType, x.shape)]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel { SquareKernel() }
}

private struct SquareKernel: Kernel {
  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let x = arguments.input(0, as: Float.self)
    let y = arguments.output(0, as: Float.self)
    for index in y.indices { y[index] = x[index] * x[index] }
  }
}

/// A program whose graph may use `Square`.
func programWithSquares(_ model: Model) throws -> Program {
  try Program(model, operators: OperatorSet.standard.adding([Square.self]))
}
