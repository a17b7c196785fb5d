extension FindingCode {
  public static let noSuchFile = FindingCode(
    9001, .noInput, "a file does not exist", remedy: "Check the path.")
  public static let cannotOpen = FindingCode(
    9002, .noInput, "a file cannot be opened", remedy: "Check its permissions.")
  public static let cannotCreate = FindingCode(
    9003, .cannotCreate, "an output file cannot be created",
    remedy: "Check that the directory exists and can be written.")
  public static let readFailed = FindingCode(
    9004, .inputOutput, "reading a file failed", remedy: "Check the disk.")
  public static let writeFailed = FindingCode(
    9005, .inputOutput, "writing a file failed", remedy: "Check that the disk has room.")
  public static let wouldOverwrite = FindingCode(
    9006, .cannotCreate, "the output exists already", remedy: "Use --force to replace it.")
  public static let badUsage = FindingCode(
    9007, .usage, "the command cannot do what was asked", remedy: "See --help.")
  public static let emptyFile = FindingCode(
    9008, .badData, "a file is empty", remedy: "Copy or download the file again.")

  static let fileCodes: [FindingCode] = [
    noSuchFile, cannotOpen, cannotCreate, readFailed, writeFailed, wouldOverwrite, badUsage,
    emptyFile,
  ]
}
