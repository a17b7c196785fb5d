extension FindingCode {
  public static let unsupportedFormat = FindingCode(
    6001, .badData, "the file is of a known format that this release does not read",
    remedy: "Convert the model to .mrdl or to an MRDL .h5 with the program that wrote it.")
  public static let badNPY = FindingCode(
    6002, .badData, "a NumPy array file is damaged or not of a known kind",
    remedy: "Write the array again with numpy.save.")

  static let interchangeCodes: [FindingCode] = [unsupportedFormat, badNPY]
}
