import MRDLCore

extension Mutator {
  /// One field of a protobuf message.
  private struct Field {
    let key: UInt64
    var value: UInt64 = 0
    var content: [UInt8] = []

    var wireType: UInt64 { key & 7 }
  }

  /// One change of the fields of a message, or of a message inside it; the lengths around it follow.
  mutating func mutatedMessage(_ bytes: [UInt8], depth: Int) -> [UInt8]? {
    guard var fields = Self.fields(of: bytes), !fields.isEmpty else { return nil }
    let index = below(fields.count)
    // Mostly deeper: what is near the top is a small part of a file.
    if fields[index].wireType == 2, depth < 12, !once(in: 6),
      let inner = mutatedMessage(fields[index].content, depth: depth + 1)
    {
      fields[index].content = inner
    } else {
      switch below(6) {
      case 0: fields.remove(at: index)
      case 1: fields.insert(fields[index], at: below(fields.count + 1))
      case 2: fields.swapAt(index, below(fields.count))
      case 3: fields[index].content = fields[below(fields.count)].content
      default: change(&fields[index])
      }
    }
    let result = fields.flatMap { Self.bytes(of: $0) }
    return result.count > Self.largestByteCount ? bytes : result
  }

  private mutating func change(_ field: inout Field) {
    switch field.wireType {
    case 2:
      // Packed numbers and text.
      if once(in: 3), let last = field.content.last, last < 0x80 {
        field.content += Self.variableLength(UInt64(bitPattern: borderNumber()))
      } else {
        field.content = mutatedBytes(field.content)
      }
    default: field.value = UInt64(bitPattern: borderNumber())
    }
  }

  /// The fields, or nil for bytes that are no message.
  private static func fields(of bytes: [UInt8]) -> [Field]? {
    var fields: [Field] = []
    var index = 0
    func integer() -> UInt64? {
      var value: UInt64 = 0
      for position in 0..<10 where index < bytes.count {
        let byte = bytes[index]
        index += 1
        value |= UInt64(byte & 0x7F) << UInt64(7 * position)
        if byte < 0x80 { return value }
      }
      return nil
    }
    while index < bytes.count {
      guard let key = integer(), (1...10_000).contains(key >> 3) else { return nil }
      var field = Field(key: key)
      switch key & 7 {
      case 0:
        guard let value = integer() else { return nil }
        field.value = value
      case 1, 5:
        let width = key & 7 == 1 ? 8 : 4
        guard index + width <= bytes.count else { return nil }
        for place in 0..<width { field.value |= UInt64(bytes[index + place]) << UInt64(8 * place) }
        index += width
      case 2:
        guard let length = integer(), length <= UInt64(bytes.count - index) else { return nil }
        field.content = Array(bytes[index..<(index + Int(length))])
        index += Int(length)
      default: return nil
      }
      fields.append(field)
    }
    return fields
  }

  private static func bytes(of field: Field) -> [UInt8] {
    var bytes = variableLength(field.key)
    switch field.wireType {
    case 0: bytes += variableLength(field.value)
    case 1, 5:
      for place in 0..<(field.wireType == 1 ? 8 : 4) {
        bytes.append(UInt8(truncatingIfNeeded: field.value >> UInt64(8 * place)))
      }
    default: bytes += variableLength(UInt64(field.content.count)) + field.content
    }
    return bytes
  }

  private static func variableLength(_ value: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
}
