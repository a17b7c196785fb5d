extension FindingCode {
  public static let notAnImage = FindingCode(
    3001, .badData, "the file is not an image in a known format",
    remedy: "Use PNG, PNM or BMP.")
  public static let badImage = FindingCode(
    3002, .badData, "an image is damaged or breaks the rules of its format",
    remedy: "Write the image again.")
  public static let unsupportedImage = FindingCode(
    3003, .badData, "an image uses a feature that this reader lacks",
    remedy: "Save the image as PNG.")
  public static let wrongImageSize = FindingCode(
    3004, .badData, "an image does not have the size that the model takes",
    remedy: "Resize the image to the size that the message names.")

  static let imageCodes: [FindingCode] = [notAnImage, badImage, unsupportedImage, wrongImageSize]
}
