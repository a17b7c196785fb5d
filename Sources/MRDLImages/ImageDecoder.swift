public import MRDLCore

/// Reads pictures, whose format is told from their content.
public enum ImageDecoder {
  /// Decodes a picture.
  ///
  /// - Throws: `MRDL3001` for what is no picture, `MRDL3002` for a damaged one, `MRDL3003` for a format
  ///   or feature that is not read, `MRDL1102` for more pixels than `Limits.pixelCount`.
  /// - Complexity: O(n) in the pixels and bytes. Memory for the pixels is taken only once the file
  ///   is seen to be long enough for them.
  public static func decode(
    _ storage: Storage, limits: Limits = .standard
  ) throws(MRDLError) -> Image {
    guard storage.byteCount > 0 else { throw MRDLError(.emptyFile, "the picture is empty") }
    guard let format = storage.withUnsafeBytes({ ImageFormat(of: $0) }) else {
      throw MRDLError(
        .notAnImage, "the file is not a picture in a known format", expected: "PNG, PNM or BMP")
    }
    switch format {
    case .png: return try PNGDecoder.decode(storage, limits: limits)
    case .pnm: return try PNMDecoder.decode(storage, limits: limits)
    case .bmp: return try BMPDecoder.decode(storage, limits: limits)
    case .jpeg, .gif, .tiff, .webp:
      throw MRDLError(
        .unsupportedImage, "\(format.rawValue) is not read by this build", found: format.rawValue,
        expected: "PNG, PNM or BMP; save the picture as PNG")
    }
  }

  /// Decodes the picture in a file.
  ///
  /// - Throws: what `decode(_:limits:)` and `FileContent.read(_:)` throw, with the file as its place.
  public static func decode(
    file path: String, limits: Limits = .standard
  ) throws(MRDLError) -> Image {
    let storage = try FileContent.read(path)
    do throws(MRDLError) {
      return try decode(storage, limits: limits)
    } catch {
      throw error.inFile(path)
    }
  }

  /// The number of pixels of a picture, if it has some and not too many.
  static func checkedPixelCount(
    width: Int, height: Int, limits: Limits, place: Place
  ) throws(MRDLError) -> Int {
    guard width > 0, height > 0 else {
      throw MRDLError(
        .badImage, "a picture without pixels", found: "\(width) × \(height)", at: place)
    }
    guard let count = width.multipliedChecked(by: height), count <= limits.pixelCount else {
      throw MRDLError(
        .limitExceeded, "a picture has too many pixels", found: "\(width) × \(height)",
        expected: "at most \(limits.pixelCount)", at: place)
    }
    return count
  }
}
