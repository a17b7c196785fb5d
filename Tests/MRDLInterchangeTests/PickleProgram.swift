import MRDLCore

/// Puts together the programs that Python's `pickle` writes.
struct PickleProgram {
  private(set) var writer = ByteWriter()

  init() { op(0x80, 2) }

  var bytes: [UInt8] { writer.bytes }

  mutating func op(_ bytes: UInt8...) { writer.append(contentsOf: bytes) }

  mutating func op(_ character: Character) { writer.append(contentsOf: String(character).utf8) }

  mutating func global(_ module: String, _ name: String) {
    writer.append(contentsOf: "c\(module)\n\(name)\n".utf8)
  }

  mutating func text(_ text: String) {
    op("X")
    writer.append(UInt32(text.utf8.count))
    writer.append(contentsOf: text.utf8)
  }

  mutating func integer(_ value: Int32) {
    op("J")
    writer.append(value)
  }

  mutating func integers(_ values: [Int32]) {
    op("(")
    for value in values { integer(value) }
    op("t")
  }

  /// What `torch.save` writes for a tensor.
  mutating func tensor(
    _ storage: String, key: String, offset: Int32 = 0, extents: [Int32], strides: [Int32]
  ) {
    global("torch._utils", "_rebuild_tensor_v2")
    op("(", "(")
    text("storage")
    global("torch", storage)
    text(key)
    text("cpu")
    integer(0)
    op("t", "Q")
    integer(offset)
    integers(extents)
    integers(strides)
    op(0x89)
    global("collections", "OrderedDict")
    op(")", "R", "t", "R")
  }

  mutating func op(_ characters: Character...) { for character in characters { op(character) } }
}
