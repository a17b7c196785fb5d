extension FindingCode {
  public static let wrongInput = FindingCode(
    4001, .badData, "an input does not have the shape or type that the model takes",
    remedy: "Give the input that mrdl-inspect shows.")
  public static let missingInput = FindingCode(
    4002, .usage, "an input of the model was not given", remedy: "Give every input by name.")
  public static let unknownInput = FindingCode(
    4003, .usage, "the model has no input of that name",
    remedy: "Use one of the names that mrdl-inspect shows.")
  public static let dataDependentShape = FindingCode(
    4004, .badData, "the shape of a value depends on data in a way that cannot be planned",
    remedy: "Fix the shape in the model.")
  public static let operatorFailed = FindingCode(
    4005, .badData, "an operator met a value that it cannot work on",
    remedy: "Check the inputs that the message names.")
  public static let workingMemoryExceeded = FindingCode(
    4006, .badData, "a run would need more working memory than is permitted",
    remedy: "Use a smaller batch or a smaller input.")
  public static let unknownPass = FindingCode(
    4007, .usage, "a graph pass to be switched off does not exist",
    remedy: "Use one of the names that the message gives.")
  public static let internalFault = FindingCode(
    4099, .internalFault, "a fault of this package", remedy: "Report it with the file.")

  static let runtimeCodes: [FindingCode] = [
    wrongInput, missingInput, unknownInput, dataDependentShape, operatorFailed,
    workingMemoryExceeded, unknownPass, internalFault,
  ]
}
