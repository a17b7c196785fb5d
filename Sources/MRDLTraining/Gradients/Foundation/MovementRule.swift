internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The rule of an operator whose outputs are elements of input 0, each of them somewhere, nowhere or more
/// than once.
///
/// The operator itself moves the numbers of the elements, from 1 on; a 0 is something else than an element.
/// Each residual is then added to the element that stood there.
protocol MovementRule: GradientRule {
  static var movement: any Operator.Type { get }
  /// Inputs that the operator must not have when it moves numbers, because they hold elements.
  static var elementInputs: Set<Int> { get }
}

extension MovementRule {
  public static var operatorName: String { movement.name }
  public static var backwardOperators: [any Operator.Type] {
    [ElementNumbers.self, AddToElements.self]
  }
  static var elementInputs: Set<Int> { [] }

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    for index in step.inputNames.indices.dropFirst() where step.needs(index) {
      throw step.refusal("input \(index) has no derivative")
    }
    let input = step.inputNames[0]
    var inputs = step.inputNames
    inputs[0] = step.add(ElementNumbers.self, [input])
    for index in elementInputs where index < inputs.count { inputs[index] = "" }
    let residuals = step.outputNames.indices.map { step.outputResidual($0) }
    let moved = step.add(
      movement, inputs, step.attributes, outputs: residuals.map { $0 != nil })
    var sum: String?
    for case (let residual?, let numbers) in zip(residuals, moved) {
      let part = step.add(AddToElements.self, [residual, input, numbers])
      sum = sum.map { step.add("Add", [$0, part]) } ?? part
    }
    guard let sum else { throw step.refusal("the loss depends on no output") }
    step.setResidual(of: 0, to: sum)
  }
}

/// The numbers of the elements of input 0, from 1 on, in its shape.
struct ElementNumbers: Operator {
  static let name = "ElementNumbers"
  static let domain = OperatorSet.mrdlDomain
  static let inputCount = 1...1

  init(attributes: inout AttributeReader) throws(MRDLError) {}

  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(.int64, try operands.required(0).shape)]
  }

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    ElementNumbersKernel()
  }
}

private struct ElementNumbersKernel: Kernel {
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let output = arguments.output(0, as: Int64.self)
    for index in output.indices { output[index] = Int64(index + 1) }
  }
}

/// Adds residuals to elements: input 0 are the residuals, input 1 lends the shape of the result, input 2
/// tells the number of the element for each residual, 0 for none. Sums are made in double precision.
struct AddToElements: BackwardOperator {
  static let name = "AddToElements"
  static let inputCount = 3...3

  init(attributes: inout AttributeReader) throws(MRDLError) {}

  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let count = request.inputShape(1).elementCount
    return try request.real(
      float32: AddToElementsKernel<Float>(count: count),
      float64: AddToElementsKernel<Double>(count: count))
  }
}

private struct AddToElementsKernel<Element: RealElement>: Kernel {
  let count: Int

  var workspaceByteCount: Int { count * MemoryLayout<Double>.stride }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let residuals = arguments.input(0, as: Element.self)
    let numbers = arguments.input(2, as: Int64.self)
    let result = arguments.output(0, as: Element.self)
    guard let sums = arguments.workspace.assumingMemoryBound(to: Double.self).baseAddress else {
      return
    }
    sums.update(repeating: 0, count: count)
    for index in residuals.indices where numbers[index] > 0 {
      sums[Int(numbers[index]) - 1] += Double(residuals[index])
    }
    for index in 0..<count { result[index] = Element(sums[index]) }
  }
}
