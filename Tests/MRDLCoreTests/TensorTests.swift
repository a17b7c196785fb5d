import MRDLCore
import Testing

@Suite struct TensorTests {
  @Test func copiesShareUntilOneIsWritten() {
    let first = Tensor([1, 2, 3] as [Float])
    var second = first
    #expect(first.storage === second.storage)
    second.withMutableElements(as: Float.self) { $0[1] = 9 }
    #expect(first.elements(as: Float.self) == [1, 2, 3])
    #expect(second.elements(as: Float.self) == [1, 9, 3])
    let before = ObjectIdentifier(second.storage)
    second.withMutableElements(as: Float.self) { $0[0] = 7 }
    #expect(ObjectIdentifier(second.storage) == before)
  }

  @Test func partsOfAStorageAreChecked() throws {
    let storage = Storage([UInt8](0..<24))
    let tensor = try Tensor(.uint16, shape: [2, 2], storage: storage, byteOffset: 16)
    #expect(tensor.elements(as: UInt16.self) == [0x1110, 0x1312, 0x1514, 0x1716])
    for (shape, byteOffset) in [
      ([2, 2], 17), ([5], 16), ([1], -1), ([1], 25), ([0], 25), ([Int.max], 0),
    ] as [(Shape, Int)] {
      #expect(throws: MRDLError.self) {
        try Tensor(.uint16, shape: shape, storage: storage, byteOffset: byteOffset)
      }
    }
    #expect(try Tensor(.uint16, shape: [0], storage: storage, byteOffset: 24).byteCount == 0)
  }

  @Test func writingAPartLeavesTheRest() throws {
    let storage = Storage([UInt8](0..<8))
    var tensor = try Tensor(.uint8, shape: [2], storage: storage, byteOffset: 3)
    tensor.withUnsafeMutableBytes { $0[0] = 99 }
    #expect(tensor.elements(as: UInt8.self) == [99, 4])
    #expect(storage.withUnsafeBytes { Array($0) } == [UInt8](0..<8))
  }

  @Test(arguments: [0, 1, 15, 16, 17, 63, 64, 65])
  func ownedMemoryIsAlignedAndZero(count: Int) {
    let tensor = Tensor(zeros: [count])
    #expect(tensor.isAligned(toByteCount: 64))
    #expect(tensor.elements(as: Float.self) == [Float](repeating: 0, count: count))
    #expect(tensor.byteCount == 4 * count)
  }

  @Test func packedTypesTakeWholeBytes() {
    #expect(Tensor(zeros: [3, 3], scalarType: .bit).byteCount == 2)
    #expect(Tensor(zeros: [5], scalarType: .int4).byteCount == 3)
    #expect(Tensor(zeros: [0], scalarType: .uint2).byteCount == 0)
    #expect(ScalarType.bit.byteCount(elementCount: .max) == nil)
    #expect(ScalarType.float64.byteCount(elementCount: .max) == nil)
  }

  @Test func reshapingAndCopying() {
    let tensor = Tensor([1, 2, 3, 4] as [Int32], shape: [2, 2])
    let flat = tensor.reshaped([4])
    #expect(flat.storage === tensor.storage)
    #expect(flat.copied().storage !== tensor.storage)
    #expect(flat.copied().elements(as: Int32.self) == [1, 2, 3, 4])
  }

  @Test func namesOfTypesAreUnique() {
    let names = Set(ScalarType.allCases.map(\.rawValue))
    #expect(names.count == ScalarType.allCases.count)
    for type in ScalarType.allCases where type.isComputable {
      #expect(type.elementByteCount != nil)
    }
  }
}

@Suite struct TensorRowsTests {
  private let tensor = Tensor([1, 2, 3, 4, 5, 6] as [Int16], shape: [3, 2])

  @Test func rowsAreTakenInAnyOrder() {
    let rows = tensor.rows([2, 0, 2])
    #expect(rows.shape == [3, 2])
    #expect(rows.elements(as: Int16.self) == [5, 6, 1, 2, 5, 6])
    #expect(tensor.rows(1..<1).shape == [0, 2])
    #expect(Tensor(zeros: [0, 4]).rows([]).shape == [0, 4])
  }

  @Test func rowsAreJoined() {
    let joined = Tensor.joiningRows([tensor.rows([1]), tensor, tensor.rows(0..<0)])
    #expect(joined.shape == [4, 2])
    #expect(joined.elements(as: Int16.self) == [3, 4, 1, 2, 3, 4, 5, 6])
    #expect(Tensor.joiningRows([tensor]).shape == [3, 2])
  }
}
