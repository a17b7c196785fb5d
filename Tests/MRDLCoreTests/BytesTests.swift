import MRDLCore
import Testing

@Suite struct BytesTests {
  @Test func integersOfBothOrders() throws {
    var reader = ByteReader(Storage([1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0xFE, 1, 2, 3]))
    #expect(try reader.readInteger(UInt32.self) == 0x0403_0201)
    #expect(try reader.readBigEndianInteger(UInt32.self) == 0x0506_0708)
    #expect(try reader.readInteger(Int16.self) == -257)
    #expect(try reader.readUnsigned(byteCount: 3) == 0x03_0201)
    #expect(reader.isAtEnd)
  }

  @Test func readsNeverPassTheEnd() {
    var reader = ByteReader(Storage([1, 2, 3]))
    #expect(
      failure(of: { try reader.readInteger(UInt32.self) })?.code == .truncatedContainer)
    #expect(
      failure(of: { try reader.readBytes(byteCount: 4) })?.code == .truncatedContainer)
    #expect(
      failure(of: { try reader.readBytes(byteCount: -1) })?.code == .truncatedContainer)
    #expect(
      failure(of: { try reader.skip(byteCount: .max) })?.code == .truncatedContainer)
    #expect(
      failure(of: { try reader.readUnsigned(byteCount: 8) })?.code == .truncatedContainer)
    #expect(failure(of: { try reader.seek(byteOffset: 4) })?.code == .truncatedContainer)
    #expect(failure(of: { try reader.seek(byteOffset: -1) })?.code == .truncatedContainer)
    // A failed read does not move.
    #expect(reader.byteOffset == 0)
  }

  @Test func slicesStayInside() throws {
    let reader = ByteReader(Storage([UInt8](0..<16)), truncationCode: .truncatedHDF5)
    var slice = try reader.slice(byteOffset: 4, byteCount: 8)
    #expect(slice.remainingBytes == [UInt8](4..<12))
    #expect(try slice.readInteger(UInt8.self) == 4)
    #expect(slice.place() == Place(byteOffset: 5))
    #expect(failure(of: { try slice.seek(byteOffset: 3) })?.code == .truncatedHDF5)
    for (byteOffset, byteCount) in [(3, 1), (4, 9), (12, 1), (13, 0), (4, -1), (5, Int.max)] {
      #expect(
        failure(of: {
          try slice.slice(byteOffset: byteOffset, byteCount: byteCount)
        })?.code == .truncatedHDF5)
    }
    #expect(
      failure(of: {
        try reader.slice(byteOffset: UInt64.max, byteCount: UInt64(1))
      })?.code == .truncatedHDF5)
    #expect(try slice.slice(byteOffset: 12, byteCount: 0).isAtEnd)
    var moved = slice
    #expect(try moved.readSlice(byteCount: 7).remainingBytes == [UInt8](5..<12))
    #expect(moved.isAtEnd)
    #expect(failure(of: { try moved.readSlice(byteCount: 1) })?.code == .truncatedHDF5)
  }

  @Test func writerAndReaderAgree() throws {
    var writer = ByteWriter()
    writer.append(UInt16(0x1234))
    writer.appendBigEndian(UInt16(0x1234))
    writer.append(Int8(-1))
    writer.pad(toMultipleOf: 8)
    writer.pad(toMultipleOf: 8)
    writer.append(contentsOf: [9])
    #expect(writer.bytes == [0x34, 0x12, 0x12, 0x34, 0xFF, 0, 0, 0, 9])
  }

  @Test func checkedArithmetic() {
    #expect(Int.max.addingChecked(1) == nil)
    #expect(UInt8(200).addingChecked(55) == 255)
    #expect(Int.max.multipliedChecked(by: 2) == nil)
    #expect(65.roundedUpChecked(toMultipleOf: 64) == 128)
    #expect(64.roundedUpChecked(toMultipleOf: 64) == 64)
    #expect(0.roundedUpChecked(toMultipleOf: 64) == 0)
    #expect((Int.max - 1).roundedUpChecked(toMultipleOf: 64) == nil)
    #expect([Int]().productChecked() == 1)
    #expect([1 << 31, 1 << 31].productChecked() == 1 << 62)
    #expect([1 << 32, 1 << 31].productChecked() == nil)
  }
}
