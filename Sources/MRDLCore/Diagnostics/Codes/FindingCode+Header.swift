extension FindingCode {
  public static let badJSON = FindingCode(
    1101, .badData, "a text is not well-formed JSON",
    remedy: "Mend the text at the place that the message names.")
  public static let limitExceeded = FindingCode(
    1102, .badData, "a size in the file passes the limit that this reader sets",
    remedy: "Raise the limit in `Limits` if the file can be trusted.")
  public static let missingKey = FindingCode(
    1103, .badData, "a required key is missing", remedy: "Add the key.")
  public static let wrongKind = FindingCode(
    1104, .badData, "a value is of another kind than its key asks for",
    remedy: "Write the value as the schema says.")
  public static let badValue = FindingCode(
    1105, .badData, "a value is not one of those permitted",
    remedy: "Write one of the permitted values.")
  public static let duplicateKey = FindingCode(
    1106, .badData, "an object has the same key twice", remedy: "Keep one of them.")
  public static let unknownKey = FindingCode(
    1107, .badData, "a key is not known", remedy: "Check its spelling; readers ignore it.")

  public static let badYAML = FindingCode(
    1108, .badData, "a text is not well-formed YAML, or has what JSON cannot hold",
    remedy: "Mend the text at the place that the message names.")

  static let headerCodes: [FindingCode] = [
    badJSON, limitExceeded, missingKey, wrongKind, badValue, duplicateKey, unknownKey,
    badYAML,
  ]
}
