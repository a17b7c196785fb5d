import MRDLCore
import MRDLImages
import TestDirectories
import Testing

@Suite("Picture formats")
struct ImageFormatTests {
  static let examples: [([UInt8], ImageFormat)] = [
    ([137, 80, 78, 71, 13, 10, 26, 10], .png),
    (Array("P6 1 1 255\n".utf8), .pnm),
    ([0xFF, 0xD8, 0xFF, 0xE0], .jpeg),
    (Array("GIF89a".utf8), .gif),
    (Array("II*\0".utf8), .tiff), (Array("MM\0*".utf8), .tiff),
    (Array("RIFF\0\0\0\0WEBPVP8 ".utf8), .webp),
  ]

  @Test(arguments: examples)
  func known(bytes: [UInt8], format: ImageFormat) {
    #expect(bytes.withUnsafeBytes { ImageFormat(of: $0) } == format)
  }

  @Test(arguments: ["", "P", "P6", "BM", "Programme", "Hello", "BMW cars", "RIFF....WAVE"])
  func unknown(text: String) {
    #expect(Array(text.utf8).withUnsafeBytes { ImageFormat(of: $0) } == nil)
    if !text.isEmpty { #expect(decodingError(Array(text.utf8)) == .notAnImage) }
  }

  @Test(arguments: examples.filter { !$0.1.isReadable })
  func formatsThatAreNotRead(bytes: [UInt8], format: ImageFormat) {
    let error = #expect(throws: MRDLError.self) {
      try ImageDecoder.decode(Storage(bytes))
    }
    #expect(error?.code == .unsupportedImage)
    #expect(error?.finding.found == format.rawValue)
    #expect(error?.finding.expected?.contains("PNG") == true)
  }

  @Test func files() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write(Array("P2 1 1 255 7".utf8), "picture")
    #expect(ImageFormat(ofFile: path) == .pnm)
    #expect(ImageFormat(ofFile: directory.path) == nil)
    #expect(ImageFormat(ofFile: directory.file("missing")) == nil)
    #expect(samples(of: try ImageDecoder.decode(file: path)) == [7])
    let error = #expect(throws: MRDLError.self) {
      try ImageDecoder.decode(file: directory.file("missing"))
    }
    #expect(error?.code == .noSuchFile)
  }
}
