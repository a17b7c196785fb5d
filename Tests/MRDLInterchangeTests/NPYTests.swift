import MRDLCore
import MRDLInterchange
import Testing

@Suite struct NPYTests {
  private func file(_ header: String, _ elements: [UInt8], version: UInt8 = 1) -> Storage {
    var writer = ByteWriter()
    writer.append(contentsOf: [0x93, 0x4E, 0x55, 0x4D, 0x50, 0x59, version, 0])
    if version == 1 {
      writer.append(UInt16(header.utf8.count))
    } else {
      writer.append(UInt32(header.utf8.count))
    }
    writer.append(contentsOf: header.utf8)
    writer.append(contentsOf: elements)
    return Storage(writer.bytes)
  }

  private func written(_ tensor: Tensor) throws -> Storage {
    Storage(try NPY.header(of: tensor) + tensor.withUnsafeBytes { Array($0) })
  }

  @Test(arguments: [
    [], [0], [1], [3], [2, 3], [1, 0, 4], [2, 2, 2, 2],
  ])
  func whatIsWrittenIsReadBack(dimensions: [Int]) throws {
    let shape = Shape(dimensions)
    let tensor = Tensor((0..<shape.elementCount).map { Float($0) - 1.5 }, shape: shape)
    let content = try written(tensor)
    #expect((content.byteCount - tensor.byteCount) % 64 == 0)
    let read = try NPY.decode(content)
    #expect(read.shape == shape)
    #expect(read.elements(as: Float.self) == tensor.elements(as: Float.self))
  }

  @Test func everyTypeKeepsItsName() throws {
    for type in ScalarType.allCases where type.isComputable && type != .bfloat16 {
      let read = try NPY.decode(try written(Tensor(zeros: [2], scalarType: type)))
      #expect(read.scalarType == type)
    }
    #expect(throws: MRDLError.self) {
      try NPY.header(of: Tensor(zeros: [2], scalarType: .bfloat16))
    }
  }

  @Test(arguments: [UInt8(1), 2, 3]) func foreignOrdersAreTurned(version: UInt8) throws {
    let big = file(
      "{'descr': '>i2', 'fortran_order': False, 'shape': (2,)}", [0, 1, 0xFF, 0xFE],
      version: version)
    #expect(try NPY.decode(big).elements() == [Int16(1), -2])
    let columns = file(
      "{'shape': (2, 3), 'fortran_order': True, 'descr': '|u1', }\n", [1, 4, 2, 5, 3, 6],
      version: version)
    #expect(try NPY.decode(columns).elements() == [UInt8(1), 2, 3, 4, 5, 6])
  }

  @Test(arguments: [
    "{'descr': '|O', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '|u1', 'fortran_order': False}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), 'more': 'x'}",
    "{'descr': '|u1', 'fortran_order': Maybe, 'shape': (1,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (99999999999999999999,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (2,)}",
    "{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,)}",
    "{'descr': '|u1', 'fortran_order': False, 'shape': (1,)} more",
    "{'descr': '|u1", "{", "",
  ])
  func whatIsNotAnArrayOfNumbersIsRefused(header: String) {
    let error = #expect(throws: MRDLError.self) { try NPY.decode(file(header, [1])) }
    #expect(error?.code == .badNPY)
  }

  @Test func truthValuesAreZeroOrOne() throws {
    let header = "{'descr': '|b1', 'fortran_order': False, 'shape': (3,)}"
    #expect(try NPY.decode(file(header, [0, 1, 1])).elements() == [false, true, true])
    let error = #expect(throws: MRDLError.self) { try NPY.decode(file(header, [0, 2, 1])) }
    #expect(error?.code == .badNPY)
  }

  @Test func alignedElementsAreShared() throws {
    let content = try written(Tensor([Float(1), 2, 3]))
    #expect(try NPY.decode(content).storage === content)
    let odd = file("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", [0, 0, 0x80, 0x3F])
    let read = try NPY.decode(odd)
    #expect(read.isAligned(toByteCount: 4))
    #expect(read.elements() == [Float(1)])
  }

  @Test func everyTruncationIsRefused() throws {
    let content = try written(Tensor([Float(1), 2, 3]))
    let bytes = content.withUnsafeBytes { Array($0) }
    for count in bytes.indices {
      let error = #expect(throws: MRDLError.self) {
        try NPY.decode(Storage(Array(bytes.prefix(count))))
      }
      #expect(error?.code == .badNPY)
    }
  }
}
