import MRDLCore
import MRDLInterchange
import Testing

@Suite struct FileFormatTests {
  struct Example: Sendable, CustomTestStringConvertible {
    let format: FileFormat
    let bytes: [UInt8]

    init(_ format: FileFormat, _ bytes: [UInt8]) {
      self.format = format
      self.bytes = bytes
    }

    var testDescription: String { "\(format) of \(bytes.count) bytes" }
  }

  static let hdf5: [UInt8] = [0x89] + Array("HDF\r\n\u{1A}\n".utf8)

  static let examples: [Example] = [
    Example(.mrdl, [0x8A] + Array("MRDL\r\n\u{1A}".utf8)),
    Example(.mrdl, [0x8A] + Array("MRDL\n\u{1A}\u{1}\u{0}".utf8)),
    Example(.mrdl, [0x8A, 0x4D]),
    Example(.hdf5, hdf5),
    Example(.hdf5, [UInt8](repeating: 0, count: 512) + hdf5),
    Example(.hdf5, [UInt8](repeating: 0, count: 4096) + hdf5 + [0, 0]),
    Example(.unknown, [UInt8](repeating: 0, count: 513) + hdf5),
    // ir_version 8, producer_name "x", graph of two bytes, opset_import of two bytes.
    Example(.onnx, [0x08, 8, 0x12, 1, 0x78, 0x3A, 2, 0x0A, 0, 0x42, 2, 0x10, 17]),
    Example(.unknown, [0x08, 8, 0x12, 200, 1, 2, 3, 4]),
    Example(.safetensors, [2, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)),
    Example(.unknown, [3, 0, 0, 0, 0, 0, 0, 0] + Array("{}".utf8)),
    Example(.npy, [0x93] + Array("NUMPY\u{1}\u{0}".utf8)),
    Example(.zip, Array("PK\u{3}\u{4} and nothing else".utf8)),
    Example(.png, [0x89] + Array("PNG\r\n\u{1A}\n".utf8)),
    Example(.jpeg, [0xFF, 0xD8, 0xFF, 0xE0]),
    Example(.gzip, [0x1F, 0x8B, 0x08, 0, 0]),
    Example(.gguf, Array("GGUF\u{3}\u{0}\u{0}\u{0}".utf8)),
    Example(.tensorFlowLite, [0x1C, 0, 0, 0] + Array("TFL3".utf8)),
    Example(.pickle, [0x80, 2, 0x7D, 0x71]),
    Example(.bmp, Array("BM".utf8) + [UInt8](repeating: 0, count: 52)),
    Example(.pnm, Array("P5\n28 28\n255\n".utf8)),
    Example(.json, Array(" \n{\"a\": 1}".utf8)),
    Example(.text, Array("a model, honestly: é\n".utf8)),
    Example(.text, [UInt8](repeating: 0x61, count: 4095) + Array("é".utf8)),
    Example(.unknown, [0x61, 0xFF, 0xFE]),
    Example(.unknown, [0]),
  ]

  @Test(arguments: examples)
  func formatIsToldFromContent(example: Example) {
    #expect(FileFormat(of: Storage(example.bytes)) == example.format)
  }
}
