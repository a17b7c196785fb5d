extension FindingCode {
  public static let badShape = FindingCode(
    1301, .badData, "a shape has a negative extent or more elements than can be counted",
    remedy: "Correct the shape.")
  public static let unknownScalarType = FindingCode(
    1302, .badData, "a scalar type is not known", remedy: "Use one of the documented names.")
  public static let wrongByteCount = FindingCode(
    1303, .badData, "the bytes of a tensor do not fit its shape and type",
    remedy: "Correct the shape or write the tensor again.")
  public static let unsupportedScalarType = FindingCode(
    1304, .badData, "a scalar type can be stored but not computed with",
    remedy: "Convert the tensor to a type that the operator takes.")
  public static let notFinite = FindingCode(
    1305, .badData, "a weight is infinite or not a number",
    remedy: "Train again with a smaller learning rate, or repair the tensor.")
  public static let missingTensor = FindingCode(
    1306, .badData, "a tensor that the header names is not in the file",
    remedy: "Write the file again.")

  static let tensorCodes: [FindingCode] = [
    badShape, unknownScalarType, wrongByteCount, unsupportedScalarType, notFinite, missingTensor,
  ]
}
