import Foundation
import MRDLCore
import MRDLHDF5
import Testing

/// Damaged files never crash the reader, never make it run on, and never make it take memory that
/// the file does not account for.
///
/// Each test tries some hundred positions of each file; with `MRDL_EXHAUSTIVE` set it tries all.
struct HostileFileTests {
  /// Reads everything; any error is fine.
  private func readAll(_ storage: Storage) -> MRDLError? {
    var limits = Limits()
    limits.hdf5UnstoredByteCount = 1 << 20
    var first: MRDLError?
    func attempt(_ body: () throws(MRDLError) -> Void) {
      do throws(MRDLError) { try body() } catch { first = first ?? error }
    }
    attempt { () throws(MRDLError) in
      let file = try HDF5File(storage, limits: limits)
      try read(try file.root.attributes, attempt)
      try file.root.forEachDescendant { (object) throws(MRDLError) in
        switch object {
        case .group(let group): try read(group.attributes, attempt)
        case .dataset(let dataset):
          try read(dataset.attributes, attempt)
          attempt { () throws(MRDLError) in
            if dataset.datatype.isString {
              _ = try dataset.strings()
            } else {
              _ = try dataset.tensor()
            }
          }
        case .datatype: break
        }
      }
    }
    return first
  }

  private func read(
    _ attributes: HDF5Attributes, _ attempt: (() throws(MRDLError) -> Void) -> Void
  ) throws(MRDLError) {
    for name in attributes.names {
      let attribute = try attributes.required(name)
      attempt { () throws(MRDLError) in
        if try attribute.datatype.isString {
          _ = try attribute.strings()
        } else {
          _ = try attribute.tensor()
        }
      }
    }
  }

  /// Positions spread over a file, or all of them.
  private func positions(_ count: Int, of bytes: [UInt8]) -> StrideTo<Int> {
    let isExhaustive = ProcessInfo.processInfo.environment["MRDL_EXHAUSTIVE"] != nil
    // An odd step meets every position inside a word.
    let step = isExhaustive ? 1 : max(1, bytes.count / count) | 1
    return stride(from: 0, to: bytes.count, by: step)
  }

  @Test(arguments: Fixture.all)
  func truncatedAnywhere(_ fixture: Fixture) throws {
    let bytes = try fixture.bytes
    for length in positions(2000, of: bytes) {
      let error = readAll(Storage(Array(bytes[..<length])))
      #expect(error != nil, "\(length) of \(bytes.count) bytes")
    }
  }

  @Test(arguments: Fixture.all)
  func zerosFromAnywhere(_ fixture: Fixture) throws {
    let bytes = try fixture.bytes
    for length in positions(300, of: bytes) {
      let rest = [UInt8](repeating: 0, count: bytes.count - length)
      _ = readAll(Storage(bytes[..<length] + rest))
    }
  }

  /// One bit of every byte; where a checksum notices it, the checksum is put right and the file read
  /// again, so that the structure itself has to hold.
  @Test(arguments: Fixture.all)
  func flippedBits(_ fixture: Fixture) throws {
    let bytes = try fixture.bytes
    for index in positions(600, of: bytes) {
      var damaged = bytes
      damaged[index] ^= 1 << UInt8((index * 5 + index / 8) % 8)
      readMending(&damaged)
    }
  }

  /// Every byte set to the values that make lengths and counts extreme.
  @Test(arguments: [Fixture("classic"), Fixture("latest"), Fixture("indexes"), Fixture("dense")])
  func extremeBytes(_ fixture: Fixture) throws {
    let bytes = try fixture.bytes
    for index in positions(200, of: bytes) {
      for value: UInt8 in [0, 0x7F, 0xFF] where bytes[index] != value {
        var damaged = bytes
        damaged[index] = value
        readMending(&damaged)
      }
    }
  }

  private func readMending(_ bytes: inout [UInt8]) {
    for _ in 0..<4 {
      guard let error = readAll(Storage(bytes)), error.code == .badHDF5Checksum,
        let found = error.finding.found, let checksum = UInt32(found, radix: 16),
        let offset = error.place.byteOffset.flatMap({ Int(exactly: $0) }), offset >= 0,
        offset + 4 <= bytes.count
      else { return }
      for position in 0..<4 {
        bytes[offset + position] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * position))
      }
    }
  }
}
