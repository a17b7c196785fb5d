internal import MRDLCompression
package import MRDLCore
internal import MRDLFormat

extension FileFormat {
  /// Tells what a file is.
  ///
  /// - Complexity: O(1) in the bytes of the file for most formats, O(n) in the directory of an archive.
  package init(of storage: Storage) {
    self = storage.withUnsafeBytes { bytes in
      let start = (0..<min(bytes.count, MRDLFile.magic.count)).map { bytes[$0] }
      if MRDLFile.recognizes(start) { return .mrdl }
      if let format = Self.bySignature(bytes) {
        return format == .zip ? Self.archive(storage) : format
      }
      if Self.isHDF5(bytes) { return .hdf5 }
      if Self.isSafetensors(bytes) { return .safetensors }
      if Self.isONNX(storage) { return .onnx }
      return Self.text(bytes)
    }
  }

  /// The signature of HDF5 stands at byte 0, 512, or any doubling of that, after a block of the user's.
  private static func isHDF5(_ bytes: UnsafeRawBufferPointer) -> Bool {
    let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]
    var offset = 0
    while bytes.count - offset >= signature.count {
      if bytes.holds(signature, at: offset) { return true }
      guard let next = offset == 0 ? 512 : offset.multipliedChecked(by: 2), next < bytes.count
      else { return false }
      offset = next
    }
    return false
  }

  private static let signatures: [(format: FileFormat, byteOffset: Int, bytes: [UInt8])] = [
    (.zip, 0, [0x50, 0x4B, 0x03, 0x04]),
    (.zip, 0, [0x50, 0x4B, 0x05, 0x06]),
    (.npy, 0, [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59]),
    (.png, 0, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    (.jpeg, 0, [0xFF, 0xD8, 0xFF]),
    (.gzip, 0, [0x1F, 0x8B, 0x08]),
    (.gguf, 0, Array("GGUF".utf8)),
    (.tensorFlowLite, 4, Array("TFL3".utf8)),
  ]

  private static func bySignature(_ bytes: UnsafeRawBufferPointer) -> FileFormat? {
    for (format, byteOffset, signature) in signatures where bytes.holds(signature, at: byteOffset) {
      return format
    }
    guard bytes.count >= 4 else { return nil }
    switch (bytes[0], bytes[1], bytes[2]) {
    case (0x80, 2...5, _): return .pickle
    case (0x42, 0x4D, _) where bytes.count >= 26 && bytes[6..<10].allSatisfy({ $0 == 0 }):
      return .bmp
    case (0x50, UInt8(ascii: "1")...UInt8(ascii: "7"), 0x09...0x0D), (0x50, _, 0x20): return .pnm
    default: return nil
    }
  }

  /// What a zip archive holds; one that cannot be read is still a zip archive.
  private static func archive(_ storage: Storage) -> FileFormat {
    guard let names = try? ZipArchive(storage).entries.map(\.name), !names.isEmpty else {
      return .zip
    }
    if names.contains("model.weights.h5") || names.contains("config.json") { return .keras }
    if names.contains(where: { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }) { return .pyTorch }
    return names.allSatisfy { $0.hasSuffix(".npy") } ? .npz : .zip
  }

  /// A length of 64 bits that lies inside the file, then a JSON object.
  private static func isSafetensors(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard bytes.count >= 10 else { return false }
    let byteCount = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    return byteCount >= 2 && byteCount <= UInt64(bytes.count - 8) && bytes[8] == UInt8(ascii: "{")
  }

  /// Whether the bytes are fields of a protobuf message with the numbers and kinds of ONNX's
  /// `ModelProto`, a graph among them.
  ///
  /// A file that ends inside a field or before its graph is told by its first field, which is the version of the
  /// format, as long as what stands before the graph is text: that its end is missing is for its reader to say.
  private static func isONNX(_ storage: Storage) -> Bool {
    var reader = ByteReader(storage)
    var hasGraph = false
    var hasVersion = false
    do throws(MRDLError) {
      for _ in 0..<10_000 where !reader.isAtEnd {
        let isFirst = reader.byteOffset == 0
        let key = try variableLengthInteger(&reader)
        switch (key >> 3, key & 7) {
        case (1, 0), (5, 0):
          let value = try variableLengthInteger(&reader)
          if isFirst && key >> 3 == 1 { hasVersion = formatVersions.contains(value) }
        case (2, 2), (3, 2), (4, 2), (6, 2), (7, 2), (8, 2), (14, 2), (20, 2), (25, 2), (26, 2):
          guard let byteCount = Int(exactly: try variableLengthInteger(&reader)) else {
            return false
          }
          let isWhole = byteCount <= reader.remainingByteCount
          if !hasGraph, key >> 3 <= 4 {
            let text = try reader.slice(
              byteOffset: reader.byteOffset, byteCount: min(byteCount, reader.remainingByteCount))
            if !isText(text) { hasVersion = false }
          }
          if !isWhole { return hasVersion }
          try reader.skip(byteCount: byteCount)
          hasGraph = hasGraph || key >> 3 == 7
        default: return false
        }
      }
    } catch {
      return hasVersion
    }
    return hasGraph || hasVersion
  }

  /// Versions of ONNX's format that a file may state, with room for later ones.
  private static let formatVersions: ClosedRange<UInt64> = 1...63

  /// Whether bytes can be a name: no control characters among them.
  private static func isText(_ reader: ByteReader) -> Bool {
    reader.withUnsafeRemainingBytes { bytes in bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F } }
  }

  private static func variableLengthInteger(_ reader: inout ByteReader) throws(MRDLError) -> UInt64
  {
    var value: UInt64 = 0
    for position in 0..<10 {
      let byte = try reader.readInteger(UInt8.self)
      value |= UInt64(byte & 0x7F) << UInt64(7 * position)
      if byte < 0x80 { return value }
    }
    return value
  }

  /// Text is UTF-8 without control characters, as far as its first bytes show.
  private static func text(_ bytes: UnsafeRawBufferPointer) -> FileFormat {
    var start = bytes.prefix(4096)
    if start.count < bytes.count {
      // The last character may be cut.
      while let last = start.last, last >= 0x80 { start.removeLast() }
    }
    let isPlain = start.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (0x09...0x0D).contains($0) }
    guard isPlain, String(validating: start, as: UTF8.self) != nil else { return .unknown }
    let first = start.first { $0 > 0x20 }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[") ? .json : .text
  }
}

extension UnsafeRawBufferPointer {
  /// Whether the bytes of a signature stand at an offset.
  fileprivate func holds(_ signature: [UInt8], at byteOffset: Int) -> Bool {
    guard count - byteOffset >= signature.count else { return false }
    for (index, byte) in signature.enumerated() where self[byteOffset + index] != byte {
      return false
    }
    return true
  }
}
