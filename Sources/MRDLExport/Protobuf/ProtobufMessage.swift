internal import MRDLCore
internal import MRDLModel

/// A protobuf message that is being put together; the bytes of tensors are fetched when it is written.
struct ProtobufMessage {
  enum Part {
    case bytes([UInt8])
    case tensor(ModelTensor)
  }

  private(set) var parts: [Part] = []
  /// The bytes of all parts.
  private(set) var byteCount = 0

  private mutating func append(bytes: [UInt8]) {
    byteCount += bytes.count
    guard case .bytes(var last)? = parts.last else { return parts.append(.bytes(bytes)) }
    // Taken out first, so that there is one owner and nothing is copied.
    parts.removeLast()
    last += bytes
    parts.append(.bytes(last))
  }

  /// An integer in groups of seven bits, the lowest first.
  private static func variableLength(_ value: UInt64) -> [UInt8] {
    var (rest, bytes) = (value, [UInt8]())
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
    return bytes
  }

  private mutating func appendKey(_ field: Int, wireType: Int) {
    append(bytes: Self.variableLength(UInt64(field << 3 | wireType)))
  }

  private mutating func appendLength(_ field: Int, _ byteCount: Int) {
    appendKey(field, wireType: 2)
    append(bytes: Self.variableLength(UInt64(byteCount)))
  }

  /// Adds an integer, flag or enumeration.
  mutating func append(_ field: Int, _ value: Int64) {
    appendKey(field, wireType: 0)
    append(bytes: Self.variableLength(UInt64(bitPattern: value)))
  }

  mutating func append(_ field: Int, _ value: Int) { append(field, Int64(value)) }

  /// Adds a number of type `float`.
  mutating func append(_ field: Int, _ value: Float) {
    appendKey(field, wireType: 5)
    append(bytes: withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) })
  }

  mutating func append(_ field: Int, _ text: String) {
    appendLength(field, text.utf8.count)
    append(bytes: Array(text.utf8))
  }

  /// Adds a text unless it is empty.
  mutating func append(_ field: Int, unlessEmpty text: String) {
    if !text.isEmpty { append(field, text) }
  }

  mutating func append(_ field: Int, _ message: ProtobufMessage) {
    appendLength(field, message.byteCount)
    for part in message.parts {
      switch part {
      case .bytes(let bytes): append(bytes: bytes)
      case .tensor:
        parts.append(part)
      }
    }
    byteCount += message.byteCount - message.plainByteCount
  }

  /// Adds the bytes of a tensor.
  mutating func append(_ field: Int, contentOf tensor: ModelTensor, byteCount: Int) {
    appendLength(field, byteCount)
    parts.append(.tensor(tensor))
    self.byteCount += byteCount
  }

  private var plainByteCount: Int {
    parts.reduce(0) { sum, part in
      if case .bytes(let bytes) = part { sum + bytes.count } else { sum }
    }
  }

  /// Writes the message, one tensor after the other.
  func write(to file: inout AtomicFile) throws(MRDLError) {
    for part in parts {
      switch part {
      case .bytes(let bytes): try file.write(bytes)
      case .tensor(let tensor): try file.write(tensor.load())
      }
    }
  }
}
