private import CMRDLKernels

/// A SHA-256 value (FIPS 180-4).
public struct Digest: Sendable, Hashable, CustomStringConvertible {
  /// The number of bytes of a digest.
  public static let byteCount = 32

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// A digest with the given 32 bytes, or nil for another number of them.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// A digest written as 64 hexadecimal digits.
  public init?(hexadecimal: String) {
    let digits = Array(hexadecimal.utf8)
    guard digits.count == 2 * Self.byteCount else { return nil }
    var bytes: [UInt8] = []
    for pair in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Self.value(ofDigit: digits[pair]),
        let low = Self.value(ofDigit: digits[pair + 1])
      else { return nil }
      bytes.append(high << 4 | low)
    }
    self.bytes = bytes
  }

  /// The digest of some bytes.
  public init(of bytes: UnsafeRawBufferPointer) {
    var hasher = SHA256()
    hasher.update(bytes)
    self = hasher.finalize()
  }

  /// The digest of some bytes.
  public init(of bytes: [UInt8]) {
    self = bytes.withUnsafeBytes { Digest(of: $0) }
  }

  fileprivate init(finalBytes: [UInt8]) { bytes = finalBytes }

  /// 64 lower-case hexadecimal digits.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  public var description: String { hexadecimal }

  private static func value(ofDigit digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Computes a SHA-256 value piece by piece.
public struct SHA256: Sendable {
  private var context = mrdl_sha256_context()

  public init() { mrdl_sha256_init(&context) }

  /// Takes in more bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    mrdl_sha256_update(&context, bytes.baseAddress, bytes.count)
  }

  /// The digest of everything taken in; the value must not be used after it.
  public mutating func finalize() -> Digest {
    var bytes = [UInt8](repeating: 0, count: Digest.byteCount)
    mrdl_sha256_final(&context, &bytes)
    return Digest(finalBytes: bytes)
  }
}
