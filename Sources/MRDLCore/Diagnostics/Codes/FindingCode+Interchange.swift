extension FindingCode {
  public static let unsupportedFormat = FindingCode(
    6001, .badData, "the file is of a known format that this release does not read",
    remedy: "Convert the model to .mrdl or to an MRDL .h5 with the program that wrote it.")
  public static let badNPY = FindingCode(
    6002, .badData, "a NumPy array file is damaged or not of a known kind",
    remedy: "Write the array again with numpy.save.")
  public static let badProtobuf = FindingCode(
    6003, .badData, "the bytes are not fields of a protobuf message",
    remedy: "Fetch or export the file again.")
  public static let badONNX = FindingCode(
    6004, .badData, "an ONNX file lacks a part or contradicts itself",
    remedy: "Check the file with onnx.checker and export it again.")
  public static let unsupportedONNX = FindingCode(
    6005, .badData, "an ONNX file uses what this release does not compute",
    remedy: "Export the model without it, or use a release that has it.")

  public static let badKeras = FindingCode(
    6006, .badData, "a Keras file lacks a part or contradicts itself",
    remedy: "Load the file with Keras and save it again.")
  public static let unsupportedKeras = FindingCode(
    6007, .badData, "a Keras file uses what this release does not compute",
    remedy: "Export the model without it, or convert it to ONNX first.")

  public static let weightsOnly = FindingCode(
    6008, .badData, "the file holds weights without an architecture",
    remedy: "Put them into an architecture: mrdl-convert WEIGHTS OUTPUT --architecture FILE.")
  public static let badSafetensors = FindingCode(
    6009, .badData, "a safetensors file is damaged or breaks a rule of its format",
    remedy: "Write the file again.")
  public static let badCheckpoint = FindingCode(
    6010, .badData, "a PyTorch checkpoint is damaged or holds more than tensors and containers",
    remedy: "Save the state_dict of the model with torch.save.")
  public static let weightMismatch = FindingCode(
    6011, .badData, "weights do not fit the architecture that they are put into",
    remedy: "Give the matching names with --mapping, or use the architecture of these weights.")
  public static let notExportable = FindingCode(
    6012, .badData, "the model uses what the format to be written cannot hold",
    remedy: "Write another format: .mrdl and MRDL .h5 hold every model.")
  public static let truncatedONNX = FindingCode(
    6013, .badData, "an ONNX file ends before what it announces",
    remedy: "Fetch or export the file again: a part at its end is missing.")

  static let interchangeCodes: [FindingCode] = [
    unsupportedFormat, badNPY, badProtobuf, badONNX, unsupportedONNX, badKeras, unsupportedKeras,
    weightsOnly, badSafetensors, badCheckpoint, weightMismatch, notExportable,
    truncatedONNX,
  ]
}
