import Foundation
import MRDLCore
import MRDLImages
import Testing

/// One side of `Tests/Interoperability/check_images.py`, which compares the other programs' answers.
///
/// For every picture NAME in the directory it writes `NAME.raw`, the decoded samples after a line with width, height,
/// channels and bits, `NAME.grey.raw`, the same in grey with 8 bits, and `NAME.encoded`, a PNG of it. A
/// picture that is refused has its error in `NAME.error`.
@Suite("Interoperability of pictures")
struct ImageInteroperabilityTests {
  static let directory = ProcessInfo.processInfo.environment["MRDL_IMAGE_DIR"]
  static let results = ["raw", "encoded", "error"]

  @Test(.enabled(if: directory != nil))
  func decodeEverything() throws {
    let directory = try #require(Self.directory)
    for name in try FileSystem.names(inDirectory: directory)
    where !Self.results.contains(FileSystem.suffix(of: name)) {
      let path = FileSystem.join(directory, name)
      do throws(MRDLError) {
        let image = try ImageDecoder.decode(file: path)
        try write(raw(image), path + ".raw")
        try write(raw(image.withEightBitSamples().converted(to: .grey)), path + ".grey.raw")
        try PNGEncoder.write(image, to: path + ".encoded")
      } catch {
        try write(Array(error.description.utf8), path + ".error")
      }
    }
  }

  private func raw(_ image: Image) -> [UInt8] {
    let header =
      "\(image.width) \(image.height) \(image.channelCount) \(image.bitsPerSample)\n"
    return Array(header.utf8) + image.samples.withUnsafeBytes { Array($0) }
  }

  private func write(_ bytes: [UInt8], _ path: String) throws(MRDLError) {
    var file = try AtomicFile(path: path, replacing: true)
    try file.write(bytes)
    try file.commit()
  }
}
