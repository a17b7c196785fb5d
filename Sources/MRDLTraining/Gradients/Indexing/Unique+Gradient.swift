public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// y = the different elements or slices of x: those that are alike share the residual of what they became, as the
/// largest ones of a maximum do.
///
/// It is the derivative along all changes that leave alike what is alike.
public enum UniqueRule: GradientRule {
  public static let operatorName = "Unique"
  public static let backwardOperators: [any Operator.Type] = [ReshapeLike.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let results = step.add(
      Unique.self, [step.inputNames[0]], step.attributes, outputs: [false, false, true, true])
    var counts = step.add("CastLike", [results[3], residual])
    guard case .integer(let given)? = step.attributes["axis"] else {
      let shares = step.add("Div", [residual, counts])
      let flat = step.add("Gather", [shares, results[2]])
      step.setResidual(of: 0, to: step.add(ReshapeLike.self, [flat, step.inputNames[0]]))
      return
    }
    let rank = Int64(try step.rank(0))
    let axis = given < 0 ? given + rank : given
    if axis + 1 < rank {
      let others = step.add(
        "Constant", [], ["value_ints": .integers(Array(1..<(rank - axis)))])
      counts = step.add("Unsqueeze", [counts, others])
    }
    let shares = step.add("Div", [residual, counts])
    step.setResidual(
      of: 0, to: step.add("Gather", [shares, results[2]], ["axis": .integer(axis)]))
  }
}
