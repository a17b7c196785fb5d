public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// A value times a number that stands in an attribute.
public struct ScaleByConstant: Operator {
  public static let name = "ScaleByConstant"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 1...1

  let factor: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let factor = try attributes.float("factor") else { throw attributes.missing("factor") }
    self.factor = factor
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [try operands.required(0, of: .realNumbers).withoutContent]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try request.real(
      float32: ScaleByConstantKernel(factor: Float(factor)),
      float64: ScaleByConstantKernel(factor: factor))
  }
}

extension GradientStep {
  /// Adds a node that changes the sign of a value.
  mutating func negated(_ value: String) -> String {
    add(ScaleByConstant.self, [value], ["factor": .float(-1)])
  }
}

private struct ScaleByConstantKernel<Element: RealElement>: Kernel {
  let factor: Element

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let values = arguments.input(0, as: Element.self)
    let result = arguments.output(0, as: Element.self)
    for index in 0..<result.count { result[index] = factor * values[index] }
  }
}
