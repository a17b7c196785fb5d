public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = sums of products by an equation: the residual of an operand is again such a sum, of the residual of y and the
/// other operands, with the operand's letters for its result.
///
/// A letter that y lacks takes its extent from the operand itself, filled with ones. Of an operand in which a letter
/// stands twice, the diagonal has the residual.
public enum EinsumRule: GradientRule {
  public static let operatorName = "Einsum"
  public static let backwardOperators = GatherRule.backwardOperators

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    guard case .string(let text)? = step.attributes["equation"],
      let equation = EinsumEquation(text)
    else { throw step.refusal("the equation is missing") }
    for index in equation.terms.indices where step.needs(index) {
      let operand = step.inputNames[index]
      let term = equation.terms[index]
      let letters = distinct(term)
      var terms = [equation.result]
      var operands = [residual]
      for other in equation.terms.indices where other != index {
        terms.append(equation.terms[other])
        operands.append(step.inputNames[other])
      }
      if !letters.allSatisfy({ equation.result.contains($0) }) {
        let one = step.add("Constant", [], ["value_float": .float(1)])
        let ones = step.add("CastLike", [one, operand])
        terms.append(term)
        operands.append(step.add("Expand", [ones, step.add("Shape", [operand])]))
      }
      let sum = step.add("Einsum", operands, attributes(terms, letters))
      if letters.count == term.count {
        // An extent of 1 may have been repeated.
        step.setResidual(of: index, to: step.add(SumToShape.self, [sum, operand]))
        continue
      }
      let diagonal = attributes([term], letters)
      let numbers = step.add("Einsum", [step.add(ElementNumbers.self, [operand])], diagonal)
      let own = step.add(
        SumToShape.self, [sum, step.add("Einsum", [operand], diagonal)])
      step.setResidual(of: index, to: step.add(AddToElements.self, [own, operand, numbers]))
    }
  }

  private static func distinct(_ term: [Character]) -> [Character] {
    term.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  private static func attributes(
    _ terms: [[Character]], _ result: [Character]
  ) -> [String: AttributeValue] {
    ["equation": .string(EinsumEquation.text(terms, result))]
  }
}
