extension FindingCode {
  public static let badCompressedData = FindingCode(
    2501, .badData, "compressed data is damaged", remedy: "Copy or download the file again.")
  public static let inflatedTooFar = FindingCode(
    2502, .badData, "compressed data grows past the permitted size",
    remedy: "Raise the limit in `Limits` if the file can be trusted.")

  static let compressionCodes: [FindingCode] = [badCompressedData, inflatedTooFar]
}
