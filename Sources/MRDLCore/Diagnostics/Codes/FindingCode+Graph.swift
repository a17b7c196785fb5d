extension FindingCode {
  public static let duplicateName = FindingCode(
    1201, .badData, "a name is defined twice", remedy: "Give every value and tensor its own name.")
  public static let undefinedValue = FindingCode(
    1202, .badData, "a node reads a value that nothing produces",
    remedy: "Correct the name, or add the node or tensor that it should name.")
  public static let cyclicGraph = FindingCode(
    1203, .badData, "the graph has a cycle", remedy: "Remove the cycle.")
  public static let unknownOperator = FindingCode(
    1204, .badData, "an operator is not known",
    remedy: "Use a release that has it, or an operator set that defines it.")
  public static let wrongInputCount = FindingCode(
    1205, .badData, "a node has too few or too many inputs or outputs",
    remedy: "Correct the node.")
  public static let badAttribute = FindingCode(
    1206, .badData, "an attribute is missing, unknown or out of its range",
    remedy: "Correct the attribute.")
  public static let shapeMismatch = FindingCode(
    1207, .badData, "the shapes that meet at a node do not fit",
    remedy: "Correct the shapes of the inputs or of the weights.")
  public static let typeMismatch = FindingCode(
    1208, .badData, "the scalar types that meet at a node do not fit",
    remedy: "Correct the types of the inputs or of the weights.")
  public static let undefinedOutput = FindingCode(
    1209, .badData, "an output of the graph is not produced",
    remedy: "Correct the name of the output.")
  public static let unusedTensor = FindingCode(
    1210, .badData, "a tensor is used by no node", remedy: "Remove it to make the file smaller.")
  public static let unknownOpset = FindingCode(
    1211, .badData, "an operator set version is newer than this release knows",
    remedy: "Use a newer release of MRDL.")

  static let graphCodes: [FindingCode] = [
    duplicateName, undefinedValue, cyclicGraph, unknownOperator, wrongInputCount, badAttribute,
    shapeMismatch, typeMismatch, undefinedOutput, unusedTensor, unknownOpset,
  ]
}
