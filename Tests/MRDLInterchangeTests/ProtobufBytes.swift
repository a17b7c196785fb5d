/// Bytes of protobuf messages, written field by field.
struct ProtobufBytes {
  private(set) var bytes: [UInt8] = []

  init(_ build: (inout ProtobufBytes) -> Void = { _ in }) { build(&self) }

  mutating func integer(_ number: Int, _ value: Int64) {
    variableLength(UInt64(number) << 3)
    variableLength(UInt64(bitPattern: value))
  }

  mutating func float(_ number: Int, _ value: Float) {
    variableLength(UInt64(number) << 3 | 5)
    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += $0 }
  }

  mutating func bytes(_ number: Int, _ content: [UInt8]) {
    variableLength(UInt64(number) << 3 | 2)
    variableLength(UInt64(content.count))
    bytes += content
  }

  mutating func text(_ number: Int, _ text: String) { bytes(number, Array(text.utf8)) }

  mutating func message(_ number: Int, _ build: (inout ProtobufBytes) -> Void) {
    bytes(number, ProtobufBytes(build).bytes)
  }

  /// The integers of a repeated field in one run.
  mutating func packed(_ number: Int, _ values: [Int64]) {
    var run = ProtobufBytes()
    for value in values { run.variableLength(UInt64(bitPattern: value)) }
    bytes(number, run.bytes)
  }

  private mutating func variableLength(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
