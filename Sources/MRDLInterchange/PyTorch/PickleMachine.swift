internal import MRDLCore

/// Runs the programs that Python's `pickle` writes, with nothing that could act: names outside
/// `PickleGlobal` are refused when they are met, and calling one of those makes a plain value.
struct PickleMachine {
  private var reader: ByteReader
  private let limits: Limits
  private var stack: [PickleValue] = []
  /// The height of the stack at each mark.
  private var marks: [Int] = []
  private var memo: [Int: PickleValue] = [:]

  init(_ reader: ByteReader, limits: Limits) {
    self.reader = reader.reportingTruncation(as: .badCheckpoint)
    self.limits = limits
  }

  /// The value that the program makes.
  ///
  /// - Throws: `MRDL6010` for a program that is damaged or asks for more than tensors and containers.
  mutating func run() throws(MRDLError) -> PickleValue {
    while true {
      let start = reader.byteOffset
      let opcode = try reader.readInteger(UInt8.self)
      if opcode == UInt8(ascii: ".") { return try pop() }
      guard stack.count <= limits.valueCount, memo.count <= limits.valueCount else {
        throw MRDLError(
          .limitExceeded, "a checkpoint holds too many values",
          expected: "at most \(limits.valueCount)", at: reader.place(start))
      }
      do throws(MRDLError) {
        if try readPlain(opcode) { continue }
        if try readContainer(opcode) { continue }
        guard try readObject(opcode) else {
          throw MRDLError(
            .badCheckpoint, "a checkpoint uses an instruction that is not permitted",
            found: "0x\(String(opcode, radix: 16))")
        }
      } catch {
        var error = error
        if error.place == .unknown { error.finding.place = reader.place(start) }
        throw error
      }
    }
  }

  // MARK: Plain values

  private mutating func readPlain(_ opcode: UInt8) throws(MRDLError) -> Bool {
    switch opcode {
    case 0x80:  // PROTO
      let version = try reader.readInteger(UInt8.self)
      guard (2...5).contains(version) else {
        throw MRDLError(
          .badCheckpoint, "the version of the pickle protocol is not known", found: "\(version)",
          expected: "2 to 5")
      }
    case 0x95: try reader.skip(byteCount: 8)  // FRAME
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "J"): stack.append(.integer(Int64(try reader.readInteger(Int32.self))))
    case UInt8(ascii: "K"): stack.append(.integer(Int64(try reader.readInteger(UInt8.self))))
    case UInt8(ascii: "M"): stack.append(.integer(Int64(try reader.readInteger(UInt16.self))))
    case 0x8A: try readLong()  // LONG1
    case UInt8(ascii: "G"):
      stack.append(.float(Double(bitPattern: try reader.readBigEndianInteger(UInt64.self))))
    case UInt8(ascii: "X"): try readText(Int(try reader.readInteger(UInt32.self)))
    case 0x8C: try readText(Int(try reader.readInteger(UInt8.self)))
    case 0x8D: try readText(try length(try reader.readInteger(UInt64.self)))
    case UInt8(ascii: "B"): try readBytes(Int(try reader.readInteger(UInt32.self)))
    case UInt8(ascii: "C"): try readBytes(Int(try reader.readInteger(UInt8.self)))
    case 0x8E: try readBytes(try length(try reader.readInteger(UInt64.self)))
    default: return false
    }
    return true
  }

  private func length(_ count: UInt64) throws(MRDLError) -> Int {
    guard let count = Int(exactly: count) else {
      throw MRDLError(.badCheckpoint, "a value is longer than the file")
    }
    return count
  }

  /// An integer of up to 255 bytes in two's complement; those beyond 64 bits are refused.
  private mutating func readLong() throws(MRDLError) {
    let count = Int(try reader.readInteger(UInt8.self))
    let bytes = try reader.readBytes(byteCount: count)
    guard count <= 8 else {
      throw MRDLError(.badCheckpoint, "an integer has more than 64 bits", found: "\(count) bytes")
    }
    var pattern: UInt64 = bytes.last.map { $0 >= 0x80 } == true ? .max : 0
    for byte in bytes.reversed() { pattern = pattern << 8 | UInt64(byte) }
    stack.append(.integer(Int64(bitPattern: pattern)))
  }

  private mutating func readText(_ byteCount: Int) throws(MRDLError) {
    let part = try reader.readSlice(byteCount: byteCount)
    stack.append(
      .string(part.withUnsafeRemainingBytes { String(decoding: $0, as: UTF8.self) }))
  }

  private mutating func readBytes(_ byteCount: Int) throws(MRDLError) {
    stack.append(.bytes(try reader.readBytes(byteCount: byteCount)))
  }

  // MARK: Containers

  private mutating func readContainer(_ opcode: UInt8) throws(MRDLError) -> Bool {
    switch opcode {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "0"): _ = try pop()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: ")"): stack.append(.tuple([]))
    case UInt8(ascii: "t"): stack.append(.tuple(try popToMark()))
    case 0x85...0x87: stack.append(.tuple(try pop(count: Int(opcode) - 0x84)))
    case UInt8(ascii: "]"): stack.append(.list(PickleList()))
    case UInt8(ascii: "a"): try appendToList([try pop()])
    case UInt8(ascii: "e"): try appendToList(try popToMark())
    case UInt8(ascii: "}"): stack.append(.dictionary(PickleDictionary()))
    case UInt8(ascii: "s"): try addToDictionary(try pop(count: 2))
    case UInt8(ascii: "u"): try addToDictionary(try popToMark())
    case UInt8(ascii: "q"): memo[Int(try reader.readInteger(UInt8.self))] = try top()
    case UInt8(ascii: "r"): memo[Int(try reader.readInteger(UInt32.self))] = try top()
    case 0x94: memo[memo.count] = try top()  // MEMOIZE
    case UInt8(ascii: "h"): try recall(Int(try reader.readInteger(UInt8.self)))
    case UInt8(ascii: "j"): try recall(Int(try reader.readInteger(UInt32.self)))
    default: return false
    }
    return true
  }

  private mutating func recall(_ index: Int) throws(MRDLError) {
    guard let value = memo[index] else {
      throw MRDLError(.badCheckpoint, "a value is recalled that was never kept")
    }
    stack.append(value)
  }

  private mutating func appendToList(_ values: [PickleValue]) throws(MRDLError) {
    guard case .list(let list) = try top() else { throw wrongKind("a list") }
    list.elements += values
  }

  private mutating func addToDictionary(_ values: [PickleValue]) throws(MRDLError) {
    guard case .dictionary(let dictionary) = try top() else { throw wrongKind("a dictionary") }
    guard values.count % 2 == 0 else {
      throw MRDLError(.badCheckpoint, "a key of a dictionary has no value")
    }
    for index in Swift.stride(from: 0, to: values.count, by: 2) {
      dictionary.members.append((values[index], values[index + 1]))
    }
  }

  // MARK: Objects

  private mutating func readObject(_ opcode: UInt8) throws(MRDLError) -> Bool {
    switch opcode {
    case UInt8(ascii: "c"): try pushGlobal(module: try readLine(), name: try readLine())
    case 0x93:  // STACK_GLOBAL
      let names = try pop(count: 2)
      guard let module = names[0].text, let name = names[1].text else {
        throw wrongKind("two strings")
      }
      try pushGlobal(module: module, name: name)
    case UInt8(ascii: "Q"): stack.append(.storage(try storage(try pop())))
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let operands = try pop(count: 2)
      guard case .global(let global) = operands[0], let arguments = operands[1].elements else {
        throw wrongKind("a class and its arguments")
      }
      stack.append(try call(global, arguments))
    case UInt8(ascii: "b"):  // BUILD: dictionaries carry notes of PyTorch that are not needed.
      _ = try pop()
      guard case .dictionary = try top() else { throw wrongKind("a dictionary") }
    default: return false
    }
    return true
  }

  private mutating func readLine() throws(MRDLError) -> String {
    var bytes: [UInt8] = []
    while true {
      let byte = try reader.readInteger(UInt8.self)
      if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
      bytes.append(byte)
      guard bytes.count <= limits.nameByteCount else {
        throw MRDLError(.badCheckpoint, "a name is too long")
      }
    }
  }

  private mutating func pushGlobal(module: String, name: String) throws(MRDLError) {
    guard let global = PickleGlobal(module: module, name: name) else {
      throw MRDLError(
        .badCheckpoint, "a checkpoint names something that is neither tensor nor container",
        found: "\(module).\(name)", expected: "a state_dict")
    }
    stack.append(.global(global))
  }

  /// `('storage', type, key, device, count)`.
  private func storage(_ identifier: PickleValue) throws(MRDLError) -> PickleStorage {
    guard let parts = identifier.elements, parts.count >= 3, parts[0].text == "storage",
      case .global(.storage(let scalarType)) = parts[1], let key = parts[2].text
    else { throw wrongKind("the description of a storage") }
    return PickleStorage(key: key, scalarType: scalarType)
  }

  private func call(
    _ global: PickleGlobal, _ arguments: [PickleValue]
  ) throws(MRDLError) -> PickleValue {
    switch global {
    case .orderedDictionary:
      let result = PickleDictionary()
      for pair in arguments.first?.elements ?? [] {
        guard let parts = pair.elements, parts.count == 2 else { throw wrongKind("pairs") }
        result.members.append((parts[0], parts[1]))
      }
      return .dictionary(result)
    case .size:
      return .tuple(arguments.first?.elements ?? [])
    case .rebuildParameter:
      guard case .tensor? = arguments.first else { throw wrongKind("a tensor") }
      return arguments[0]
    case .rebuildTensor:
      guard arguments.count >= 4, case .storage(let storage) = arguments[0],
        let scalarType = storage.scalarType, let offset = arguments[1].integer, offset >= 0,
        let extents = arguments[2].elements?.compactMap(\.integer),
        let strides = arguments[3].elements?.compactMap(\.integer),
        extents.count == arguments[2].elements?.count, strides.count == extents.count,
        strides.count == arguments[3].elements?.count
      else { throw wrongKind("the parts of a tensor") }
      return .tensor(
        PickleTensor(
          storage: storage, scalarType: scalarType, offset: offset, extents: extents,
          strides: strides))
    case .scalarType, .storage: throw wrongKind("a function")
    }
  }

  // MARK: The stack

  private func wrongKind(_ expected: String) -> MRDLError {
    MRDLError(.badCheckpoint, "a checkpoint is damaged", expected: expected)
  }

  private func top() throws(MRDLError) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else {
      throw MRDLError(.badCheckpoint, "a checkpoint is damaged", expected: "a value")
    }
    return value
  }

  private mutating func pop() throws(MRDLError) -> PickleValue {
    let value = try top()
    stack.removeLast()
    return value
  }

  private mutating func pop(count: Int) throws(MRDLError) -> [PickleValue] {
    guard stack.count - count >= marks.last ?? 0 else {
      throw MRDLError(
        .badCheckpoint, "a checkpoint is damaged", expected: Quantity.count(count, "value"))
    }
    let values = Array(stack.suffix(count))
    stack.removeLast(count)
    return values
  }

  private mutating func popToMark() throws(MRDLError) -> [PickleValue] {
    guard let mark = marks.popLast() else {
      throw MRDLError(.badCheckpoint, "a checkpoint is damaged", expected: "a mark")
    }
    let values = Array(stack[mark...])
    stack.removeLast(values.count)
    return values
  }
}
