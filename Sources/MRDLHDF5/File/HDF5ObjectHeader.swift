import MRDLCore

/// All messages of an object, gathered from its header and the continuations of that
/// (specification IV.A.1).
struct HDF5ObjectHeader: Sendable {
  let address: UInt64
  private(set) var messages: [HDF5Message] = []

  private var continuations: [(address: UInt64, byteCount: UInt64)] = []

  /// Reads the header at an address.
  ///
  /// - Complexity: O(n) in the bytes of the header and its continuations, which may not be more than
  ///   the file has.
  init(_ source: HDF5Source, address: UInt64) throws(MRDLError) {
    self.address = address
    var cursor = try source.cursor(at: address)
    let first = try cursor.readUInt8()
    cursor = try source.cursor(at: address)
    if first == UInt8(ascii: "O") {
      try readVersion2(cursor, source)
    } else if first == 1 {
      try readVersion1(cursor, source)
    } else {
      throw cursor.bad("there is no object header", found: "\(first)")
    }
  }

  /// The first message of a kind.
  func first(_ kind: HDF5Message.Kind) -> HDF5Message? { messages.first { $0.kind == kind } }

  /// All messages of a kind, in their order.
  func all(_ kind: HDF5Message.Kind) -> [HDF5Message] { messages.filter { $0.kind == kind } }

  // MARK: Version 1

  private mutating func readVersion1(
    _ start: HDF5Cursor, _ source: HDF5Source
  ) throws(MRDLError) {
    var cursor = start
    try cursor.skip(byteCount: 2)
    let messageCount = Int(try cursor.readUInt16())
    try cursor.skip(byteCount: 4)
    let byteCount = try cursor.readUInt32()
    // Messages begin at a multiple of eight bytes.
    try cursor.skip(byteCount: 4)
    var block = try cursor.readPart(byteCount: UInt64(byteCount))
    try readVersion1(&block, messageCount: messageCount)
    try followContinuations(source) { (header, block) throws(MRDLError) in
      var block = block
      try header.readVersion1(&block, messageCount: messageCount)
    }
  }

  private mutating func readVersion1(
    _ block: inout HDF5Cursor, messageCount: Int
  ) throws(MRDLError) {
    while block.remainingByteCount >= 8 {
      let type = try block.readUInt16()
      let byteCount = Int(try block.readUInt16())
      let flags = try block.readUInt8()
      try block.skip(byteCount: 3)
      let body = try block.readPart(byteCount: byteCount)
      try append(HDF5Message(type: type, flags: flags, creationIndex: nil, body: body))
      guard messages.count <= messageCount else {
        throw block.bad(
          "an object header has more messages than it states", expected: "\(messageCount)")
      }
    }
  }

  // MARK: Version 2

  private mutating func readVersion2(
    _ start: HDF5Cursor, _ source: HDF5Source
  ) throws(MRDLError) {
    var cursor = start
    try cursor.readSignature("OHDR")
    try cursor.readVersion(2, of: "an object header")
    let flags = try cursor.readUInt8()
    if flags & 0x20 != 0 { try cursor.skip(byteCount: 16) }
    if flags & 0x10 != 0 { try cursor.skip(byteCount: 4) }
    let byteCount = try cursor.readUnsigned(byteCount: 1 << Int(flags & 0x03))
    var block = try cursor.readPart(byteCount: byteCount)
    try cursor.readChecksum(of: "an object header")
    let tracksOrder = flags & 0x04 != 0
    try readVersion2(&block, tracksOrder: tracksOrder)
    try followContinuations(source) { (header, block) throws(MRDLError) in
      var whole = block
      try whole.readSignature("OCHK")
      guard whole.remainingByteCount >= 4 else {
        throw whole.bad("a continuation of an object header is too short")
      }
      var messages = try whole.readPart(byteCount: whole.remainingByteCount - 4)
      try whole.readChecksum(of: "a continuation of an object header")
      try header.readVersion2(&messages, tracksOrder: tracksOrder)
    }
  }

  private mutating func readVersion2(
    _ block: inout HDF5Cursor, tracksOrder: Bool
  ) throws(MRDLError) {
    // Fewer bytes than the prefix of a message are a gap.
    let prefixByteCount = tracksOrder ? 6 : 4
    while block.remainingByteCount >= prefixByteCount {
      let type = UInt16(try block.readUInt8())
      let byteCount = Int(try block.readUInt16())
      let flags = try block.readUInt8()
      let creationIndex = tracksOrder ? try block.readUInt16() : nil
      let body = try block.readPart(byteCount: byteCount)
      try append(HDF5Message(type: type, flags: flags, creationIndex: creationIndex, body: body))
    }
  }

  // MARK: Both

  private mutating func append(_ message: HDF5Message) throws(MRDLError) {
    messages.append(message)
    switch message.kind {
    case .continuation:
      var body = message.body
      guard let address = try body.readAddress() else {
        throw body.bad("a continuation of an object header has no address")
      }
      continuations.append((address, try body.readLength()))
    case nil where message.mustBeUnderstood:
      throw message.body.unsupported(
        "an object needs a message that is not known", found: "\(message.type)")
    default: break
    }
  }

  /// Reads every continuation once; a header cannot have more bytes than the file.
  private mutating func followContinuations(
    _ source: HDF5Source,
    _ read: (inout HDF5ObjectHeader, HDF5Cursor) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    var visited: Set<UInt64> = []
    var byteCount: UInt64 = 0
    var index = 0
    while index < continuations.count {
      let next = continuations[index]
      index += 1
      let block = try source.cursor(at: next.address, byteCount: next.byteCount)
      byteCount += next.byteCount
      guard visited.insert(next.address).inserted, byteCount <= UInt64(source.byteCount) else {
        throw block.bad("the continuations of an object header run in a circle")
      }
      try read(&self, block)
    }
  }
}
