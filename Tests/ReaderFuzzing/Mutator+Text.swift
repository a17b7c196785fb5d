import MRDLCore

extension Mutator {
  /// One change of JSON, or of text like it: a number or a word becomes another, or a part moves.
  mutating func mutatedText(_ text: [UInt8]) -> [UInt8]? {
    let tokens = Self.tokens(of: text)
    guard !tokens.isEmpty else { return nil }
    var result = text
    let token = tokens[below(tokens.count)]
    switch below(10) {
    case 0:
      let other = tokens[below(tokens.count)]
      result.replaceSubrange(token, with: text[other])
    case 1, 8, 9:
      guard let (place, value) = otherValue(text, tokens) else { return nil }
      result.replaceSubrange(place, with: value)
    case 2, 3:
      let numbers = tokens.filter { Self.isNumber(text[$0.lowerBound]) }
      guard let number = pick(numbers) else { return nil }
      result.replaceSubrange(number, with: Array(someNumber().utf8))
    case 4:
      let words = ["null", "true", "[]", "{}", "\"\"", "[[]]", "[null]", "{\"\":0}", "-1", "1.5"]
      result.replaceSubrange(token, with: Array(words[below(words.count)].utf8))
    case 5:
      // Away with a token and what separates it from the next.
      let end = tokens.first { $0.lowerBound > token.lowerBound }?.lowerBound ?? text.count
      result.removeSubrange(token.lowerBound..<end)
    case 6:
      guard let block = block(in: text), let other = self.block(in: text) else { return nil }
      result.replaceSubrange(block, with: text[other])
    default:
      guard let block = block(in: text) else { return nil }
      let comma = once(in: 8) ? [] : [UInt8(ascii: ",")]
      result.insert(contentsOf: text[block] + comma, at: block.lowerBound)
    }
    return result.count > Self.largestByteCount ? text : result
  }

  /// A value, and another one that some file has under the same key.
  private mutating func otherValue(
    _ text: [UInt8], _ tokens: [Range<Int>]
  ) -> (place: Range<Int>, value: [UInt8])? {
    let keyed = Self.keyed(text, tokens)
    guard let (key, place) = pick(keyed) else { return nil }
    let own = keyed.filter { text[$0.key] == text[key] }.map { Array(text[$0.value]) }
    guard let value = pick(own + (values[Array(text[key])] ?? [])) else { return nil }
    return (place, value)
  }

  /// The keys of a text with the words and numbers that stand behind them.
  private static func keyed(
    _ text: [UInt8], _ tokens: [Range<Int>]
  ) -> [(key: Range<Int>, value: Range<Int>)] {
    zip(tokens, tokens.dropFirst()).compactMap { key, value in
      let between = text[key.upperBound..<value.lowerBound].filter { $0 != 0x20 }
      return between == [UInt8(ascii: ":")] ? (key, value) : nil
    }
  }

  /// What a file says, for changes of other files.
  mutating func learn(_ text: [UInt8]) {
    for (key, value) in Self.keyed(text, Self.tokens(of: text)) {
      values[Array(text[key]), default: []].append(Array(text[value]))
    }
  }

  private mutating func someNumber() -> String {
    switch below(6) {
    case 0: "1e\(below(400) - 40)"
    case 1: "-0.0"
    case 2: "\(below(1 << 20)).5"
    default: "\(borderNumber())"
    }
  }

  private static func isNumber(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "-") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// Strings, numbers and words.
  private static func tokens(of text: [UInt8]) -> [Range<Int>] {
    var tokens: [Range<Int>] = []
    var index = 0
    let separators = Set(" \t\r\n,:[]{}()".utf8)
    while index < text.count {
      let start = index
      if text[index] == UInt8(ascii: "\"") || text[index] == UInt8(ascii: "'") {
        let quote = text[index]
        index += 1
        while index < text.count, text[index] != quote {
          index += text[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        index = min(index + 1, text.count)
        tokens.append(start..<index)
      } else if separators.contains(text[index]) {
        index += 1
      } else {
        while index < text.count, !separators.contains(text[index]), text[index] != 0x22 {
          index += 1
        }
        tokens.append(start..<index)
      }
    }
    return tokens
  }

  /// An array or an object with everything in it.
  private mutating func block(in text: [UInt8]) -> Range<Int>? {
    let openings = text.indices.filter { text[$0] == 0x5B || text[$0] == 0x7B }
    guard let start = pick(openings) else { return nil }
    var depth = 0
    for index in start..<text.count {
      switch text[index] {
      case 0x5B, 0x7B: depth += 1
      case 0x5D, 0x7D: depth -= 1
      default: break
      }
      if depth == 0 { return start..<(index + 1) }
    }
    return nil
  }

  /// A change of the JSON of a safetensors file, whose length stands before it.
  mutating func mutatedSafetensors(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 8 else { return nil }
    let length = (0..<8).reduce(0) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard let count = Int(exactly: length), count <= bytes.count - 8,
      let header = mutatedText(Array(bytes[8..<(8 + count)]))
    else { return nil }
    var writer = ByteWriter()
    writer.append(UInt64(header.count))
    return writer.bytes + header + bytes[(8 + count)...]
  }

  /// A change of the description before a NumPy array, whose length stands before it.
  mutating func mutatedArray(_ bytes: [UInt8]) -> [UInt8]? {
    guard bytes.count > 10, bytes[6] == 1 else { return nil }
    let count = Int(bytes[8]) | Int(bytes[9]) << 8
    guard count <= bytes.count - 10,
      let header = mutatedText(Array(bytes[10..<(10 + count)])), header.count <= Int(UInt16.max)
    else { return nil }
    return bytes[..<8] + [UInt8(header.count & 255), UInt8(header.count >> 8)] + header
      + bytes[(10 + count)...]
  }
}
