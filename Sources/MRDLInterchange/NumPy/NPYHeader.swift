internal import MRDLCore

/// The header of a `.npy` file: a Python dictionary with the keys `descr`, `fortran_order` and `shape`.
struct NPYHeader {
  let scalarType: ScalarType
  let isBigEndian: Bool
  let isColumnMajor: Bool
  let shape: Shape

  private static let codes: [(code: String, type: ScalarType)] = [
    ("f8", .float64), ("f4", .float32), ("f2", .float16), ("i1", .int8), ("i2", .int16),
    ("i4", .int32), ("i8", .int64), ("u1", .uint8), ("u2", .uint16), ("u4", .uint32),
    ("u8", .uint64), ("b1", .bool),
  ]

  /// The code of a type with its byte order, or nil for a type that NumPy lacks.
  static func code(of type: ScalarType) -> String? {
    guard let entry = codes.first(where: { $0.type == type }) else { return nil }
    return (type.elementByteCount == 1 ? "|" : "<") + entry.code
  }

  init(_ text: [UInt8], limits: Limits, place: Place) throws(MRDLError) {
    var scanner = PythonScanner(text: text, place: place)
    var descr: String?
    var order: Bool?
    var extents: [Int]?
    var keys: Set<String> = []
    try scanner.expect("{")
    while !scanner.take("}") {
      let key = try scanner.string()
      guard keys.insert(key).inserted else {
        throw scanner.error("the header has a key twice", found: key)
      }
      try scanner.expect(":")
      switch key {
      case "descr": descr = try scanner.string()
      case "fortran_order": order = try scanner.bool()
      case "shape": extents = try scanner.tuple(limit: limits.rank)
      default: throw scanner.error("the header has an unknown key", found: key)
      }
      if !scanner.take(",") {
        try scanner.expect("}")
        break
      }
    }
    guard scanner.isAtEnd else {
      throw scanner.error("the header goes on after its end", expected: "white space")
    }
    guard let descr, let order, let extents else {
      throw scanner.error(
        "the header lacks a key", expected: "'descr', 'fortran_order' and 'shape'")
    }
    let byteOrder = descr.first
    guard let byteOrder, "<>|=".contains(byteOrder),
      let type = Self.codes.first(where: { $0.code == descr.dropFirst() })?.type
    else {
      throw scanner.error(
        "the array does not hold numbers of a known type", found: "'\(descr)'",
        expected: Self.codes.map { $0.code }.joined(separator: ", "))
    }
    guard let shape = Shape(checking: extents) else {
      throw scanner.error("the shape has more elements than can be counted", found: "\(extents)")
    }
    scalarType = type
    isBigEndian = byteOrder == ">"
    isColumnMajor = order
    self.shape = shape
  }
}

/// Reads the small part of Python's syntax that NumPy writes.
private struct PythonScanner {
  let text: [UInt8]
  let place: Place
  private var position = 0

  init(text: [UInt8], place: Place) {
    self.text = text
    self.place = place
  }

  private mutating func skipSpace() {
    while position < text.count, [0x20, 0x09, 0x0A].contains(text[position]) { position += 1 }
  }

  /// Whether nothing but white space remains.
  var isAtEnd: Bool {
    mutating get {
      skipSpace()
      return position == text.count
    }
  }

  mutating func take(_ character: Character) -> Bool {
    skipSpace()
    guard position < text.count, text[position] == character.asciiValue else { return false }
    position += 1
    return true
  }

  mutating func expect(_ character: Character) throws(MRDLError) {
    if !take(character) { throw error("the header is damaged", expected: "'\(character)'") }
  }

  mutating func string() throws(MRDLError) -> String {
    skipSpace()
    guard position < text.count, text[position] == 0x27 || text[position] == 0x22,
      let end = text[(position + 1)...].firstIndex(of: text[position])
    else { throw error("the header is damaged", expected: "a string") }
    let string = String(decoding: text[(position + 1)..<end], as: UTF8.self)
    position = end + 1
    return string
  }

  mutating func bool() throws(MRDLError) -> Bool {
    skipSpace()
    for (word, value) in [("True", true), ("False", false)]
    where text[position...].starts(with: word.utf8) {
      position += word.utf8.count
      return value
    }
    throw error("the header is damaged", expected: "True or False")
  }

  mutating func tuple(limit: Int) throws(MRDLError) -> [Int] {
    try expect("(")
    var numbers: [Int] = []
    while !take(")") {
      skipSpace()
      let digits = text[position...].prefix { (0x30...0x39).contains($0) }
      guard let number = Int(String(decoding: digits, as: UTF8.self)), numbers.count < limit else {
        throw error("the header is damaged", expected: "at most \(limit) extents")
      }
      numbers.append(number)
      position += digits.count
      if !take(",") {
        try expect(")")
        break
      }
    }
    return numbers
  }

  func error(_ message: String, found: String? = nil, expected: String? = nil) -> MRDLError {
    var place = place
    place.byteOffset = (place.byteOffset ?? 0) + UInt64(position)
    return MRDLError(.badNPY, message, found: found, expected: expected, at: place)
  }
}
