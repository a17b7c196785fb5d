extension FindingCode {
  public static let notAModel = FindingCode(
    1001, .badData, "the file is not a model in any known format",
    remedy: "Check the path; .mrdl and .h5 files are told by their content.")
  public static let truncatedContainer = FindingCode(
    1002, .badData, "the file ends before its content does",
    remedy: "Copy or download the file again.")
  public static let unsupportedVersion = FindingCode(
    1003, .badData, "the major version of the file is not known",
    remedy: "Use a newer release of MRDL.")
  public static let unsupportedFeature = FindingCode(
    1004, .badData, "the file requires a feature that this reader lacks",
    remedy: "Use a newer release of MRDL, or write the file again without the feature.")
  public static let wrongFileLength = FindingCode(
    1005, .badData, "the length of the file differs from the length it states",
    remedy: "Copy or download the file again.")
  public static let headerDigestMismatch = FindingCode(
    1006, .badData, "the header does not have the SHA-256 that the file states",
    remedy: "The file is damaged: copy it again.")
  public static let rootDigestMismatch = FindingCode(
    1007, .badData,
    "the prelude or the digest table does not have the SHA-256 that the file states",
    remedy: "The file is damaged: copy it again.")
  public static let tensorDigestMismatch = FindingCode(
    1008, .badData, "a tensor does not have the SHA-256 that the file states",
    remedy: "The file is damaged: copy it again.")
  public static let badLayout = FindingCode(
    1009, .badData, "a part of the file overlaps another, leaves a hole or lies outside the file",
    remedy: "The file was not written by a conforming writer.")
  public static let nonzeroPadding = FindingCode(
    1010, .badData, "padding between parts of the file is not zero",
    remedy: "The file was not written by a conforming writer.")
  public static let badPrelude = FindingCode(
    1011, .badData, "a field of the prelude has an impossible value",
    remedy: "The file is damaged or was not written by a conforming writer.")
  public static let missingDigest = FindingCode(
    1012, .badData, "a tensor has no digest",
    remedy: "Write the file again with a conforming writer.")

  static let containerCodes: [FindingCode] = [
    notAModel, truncatedContainer, unsupportedVersion, unsupportedFeature, wrongFileLength,
    headerDigestMismatch, rootDigestMismatch, tensorDigestMismatch, badLayout, nonzeroPadding,
    badPrelude, missingDigest,
  ]
}
