import MRDLCompression
import MRDLCore
import MRDLInterchange
import MRDLModel
import TestDirectories
import Testing

struct PyTorchTests {
  private func checkpoint(
    _ program: PickleProgram, data: [String: [UInt8]] = [:], byteOrder: String? = "little"
  ) throws -> Storage {
    let work = try TemporaryDirectory()
    let path = work.file("w.pt")
    var archive = try ZipWriter(path: path, replacing: false)
    try archive.append("w/data.pkl", program.bytes)
    if let byteOrder { try archive.append("w/byteorder", Array(byteOrder.utf8)) }
    for (key, bytes) in data.sorted(by: { $0.key < $1.key }) {
      try archive.append("w/data/\(key)", bytes)
    }
    try archive.commit()
    return try FileContent.read(path)
  }

  private func open(_ storage: Storage, log: ConversionLog? = nil) throws(MRDLError) -> Model {
    try PyTorchFile.open(storage, path: "w.pt", log: log)
  }

  private static let numbers: [UInt8] = (0..<6).flatMap { number in
    withUnsafeBytes(of: Float(number)) { Array($0) }
  }

  @Test func tensorsInContainers() throws {
    var program = PickleProgram()
    program.op("}", "(")
    program.text("dense")
    program.tensor("FloatStorage", key: "0", extents: [2, 3], strides: [3, 1])
    program.text("inner")
    program.global("collections", "OrderedDict")
    program.op(")", "R", "(")
    program.text("transposed")
    program.tensor("FloatStorage", key: "0", extents: [3, 2], strides: [1, 3])
    program.text("tail")
    program.tensor("FloatStorage", key: "0", offset: 4, extents: [2], strides: [1])
    program.text("same")
    program.tensor("FloatStorage", key: "0", offset: 5, extents: [2, 2], strides: [0, 0])
    program.op("u")
    program.text("epoch")
    program.integer(3)
    program.text("list")
    program.op("]", "(")
    program.tensor("LongStorage", key: "1", extents: [], strides: [])
    program.op("N", "e")
    program.op("u", ".")
    let log = ConversionLog()
    let model = try open(
      checkpoint(program, data: ["0": Self.numbers, "1": [7, 0, 0, 0, 0, 0, 0, 0]]), log: log)
    func floats(_ name: String) throws -> [Float] {
      try #require(model.tensors[name]).load().elements(as: Float.self)
    }
    #expect(model.isWeightsOnly)
    #expect(
      model.tensors.map(\.info.name)
        == ["dense", "inner.transposed", "inner.tail", "inner.same", "list.0"])
    #expect(try floats("dense") == [0, 1, 2, 3, 4, 5])
    #expect(try floats("inner.transposed") == [0, 3, 1, 4, 2, 5])
    #expect(try floats("inner.tail") == [4, 5])
    #expect(try floats("inner.same") == [5, 5, 5, 5])
    #expect(try model.tensors["list.0"]?.load().elements(as: Int64.self) == [7])
    #expect(log.entries.map(\.source) == ["epoch", "list.1"])
  }

  /// Whatever a checkpoint names outside tensors and containers could run code in Python.
  @Test(arguments: [
    ("os", "system"), ("builtins", "eval"), ("torch", "load"), ("torch.nn.modules", "Linear"),
    ("torch.storage", "_load_from_bytes"), ("numpy.core.multiarray", "_reconstruct"),
  ])
  func namesThatAreRefused(module: String, name: String) throws {
    var program = PickleProgram()
    program.global(module, name)
    program.op(")", "R", ".")
    let storage = try checkpoint(program)
    let error = #expect(throws: MRDLError.self) { try open(storage) }
    #expect(error?.code == .badCheckpoint)
    #expect(error?.finding.found == "\(module).\(name)")
  }

  @Test func instructionsThatAreRefused() throws {
    // INST, OBJ, EXT1, BUILD on a list, PERSID, LONG4, GET.
    for opcodes: [UInt8] in [
      [0x69, 0x61, 0x0A, 0x61, 0x0A], [0x28, 0x6F], [0x82, 1], [0x5D, 0x7D, 0x62], [0x50, 0x0A],
      [0x8B, 1, 0, 0, 0, 1], [0x67, 0x30, 0x0A], [0xFF],
    ] {
      var program = PickleProgram()
      for opcode in opcodes { program.op(opcode) }
      program.op(".")
      let storage = try checkpoint(program)
      let error = #expect(throws: MRDLError.self) { try open(storage) }
      #expect(error?.code == .badCheckpoint, "\(opcodes)")
    }
  }

  @Test func damagedPrograms() throws {
    // Nothing on the stack, a mark that is missing, a value that was never kept, an end that is missing,
    // a text that is longer than the file.
    for opcodes: [UInt8] in [
      [0x2E], [0x74, 0x2E], [0x68, 3, 0x2E], [0x4E], [0x58, 255, 255, 255, 255, 0x2E],
      [0x28, 0x30, 0x2E], [0x7D, 0x28, 0x4E, 0x75, 0x2E], [0x4E, 0x61, 0x2E], [0x85, 0x2E],
    ] {
      var program = PickleProgram()
      for opcode in opcodes { program.op(opcode) }
      let storage = try checkpoint(program)
      let error = #expect(throws: MRDLError.self) { try open(storage) }
      #expect(error?.code == .badCheckpoint, "\(opcodes)")
    }
  }

  @Test func tensorsThatDoNotFitTheirBytes() throws {
    for (offset, extents, strides): (Int32, [Int32], [Int32]) in [
      (0, [7], [1]), (5, [2], [1]), (-1, [1], [1]), (0, [-1], [1]), (0, [2], [-1]),
      (0, [2, 2], [1]), (0, [3, 3], [3, 1]), (0, [2, .max], [.max, .max]),
    ] {
      var program = PickleProgram()
      program.tensor("FloatStorage", key: "0", offset: offset, extents: extents, strides: strides)
      program.op(".")
      let storage = try checkpoint(program, data: ["0": Self.numbers])
      let error = #expect(throws: MRDLError.self) { try open(storage) }
      #expect(error?.code == .badCheckpoint, "\(offset) \(extents) \(strides)")
    }
    var program = PickleProgram()
    program.tensor("FloatStorage", key: "9", extents: [1], strides: [1])
    program.op(".")
    let storage = try checkpoint(program, data: ["0": Self.numbers])
    #expect(throws: MRDLError.self) { try open(storage) }
  }

  @Test func listsThatHoldThemselves() throws {
    var program = PickleProgram()
    program.op("]", "q")
    program.op(0)
    program.op("h")
    program.op(0)
    program.op("a", ".")
    let storage = try checkpoint(program)
    let error = #expect(throws: MRDLError.self) { try open(storage) }
    #expect(error?.code == .badCheckpoint)
  }

  @Test func bytesInAnotherOrder() throws {
    var program = PickleProgram()
    program.op("}", ".")
    let big = try checkpoint(program, byteOrder: "big")
    #expect(throws: MRDLError.self) { try open(big) }
    #expect(try open(checkpoint(program, byteOrder: nil)).tensors.isEmpty)
  }
}
