extension FindingCode {
  public static let badDataset = FindingCode(
    5001, .badData, "a data set file is damaged or not of the expected format",
    remedy: "Copy or download the data set again.")
  public static let badRecipe = FindingCode(
    5002, .badData, "a recipe has an impossible value", remedy: "Mend the recipe.")
  public static let diverged = FindingCode(
    5003, .badData, "training diverged: the loss is not a finite number",
    remedy: "Use a smaller learning rate.")
  public static let noGradient = FindingCode(
    5004, .badData, "an operator between the parameters and the loss has no gradient",
    remedy: "Train another part of the model, or replace the operator.")
  public static let unknownRecipe = FindingCode(
    5005, .usage, "no recipe has that name", remedy: "See mrdl-train --list.")

  public static let foreignCheckpoint = FindingCode(
    5006, .badData, "a checkpoint does not belong to the run that is to go on",
    remedy: "Resume with the recipe and the data of the checkpoint, or begin anew.")

  static let dataCodes: [FindingCode] = [
    badDataset, badRecipe, diverged, noGradient, unknownRecipe, foreignCheckpoint,
  ]
}
