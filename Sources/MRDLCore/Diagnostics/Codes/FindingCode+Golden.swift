extension FindingCode {
  public static let goldenMismatch = FindingCode(
    1401, .badData, "a golden vector is not reproduced within its tolerance",
    remedy: "The weights or the graph differ from what was exported: export again.")
  public static let badGolden = FindingCode(
    1402, .badData, "a golden vector is not of the inputs and outputs of the model",
    remedy: "Write the golden vectors again.")
  public static let noGolden = FindingCode(
    1403, .badData, "the model has no golden vectors",
    remedy: "Add some, so that a copy can be proven.")

  static let goldenCodes: [FindingCode] = [goldenMismatch, badGolden, noGolden]
}
