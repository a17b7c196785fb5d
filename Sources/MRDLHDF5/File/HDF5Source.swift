import MRDLCore
import Synchronization

/// The bytes of an HDF5 file and how addresses in it are to be read.
final class HDF5Source: Sendable {
  let superblock: HDF5Superblock
  let limits: Limits
  let storage: Storage
  /// Messages in the headers of other objects that were looked for already: many objects may share
  /// one, and its header may be long.
  private let sharedMessages = Mutex<[UInt64: SharedMessage]>([:])

  /// The message that was last looked for in the header at an address.
  private struct SharedMessage {
    let kind: HDF5Message.Kind
    let range: Range<Int>
  }

  init(_ storage: Storage, limits: Limits) throws(MRDLError) {
    superblock = try HDF5Superblock(storage)
    self.limits = limits
    self.storage = storage
  }

  /// The number of bytes that addresses can reach.
  var byteCount: Int { superblock.endOffset - superblock.baseOffset }

  /// Where in the storage the `byteCount` bytes at an address are.
  func byteRange(at address: UInt64, byteCount: UInt64) throws(MRDLError) -> Range<Int> {
    guard address <= UInt64(self.byteCount), byteCount <= UInt64(self.byteCount) - address else {
      throw MRDLError(
        .truncatedHDF5, "a structure reaches past the end of the file",
        found: "\(byteCount) bytes at address \(address)",
        expected: "less than \(self.byteCount)")
    }
    let start = superblock.baseOffset + Int(address)
    return start..<(start + Int(byteCount))
  }

  /// A cursor over the `byteCount` bytes at an address.
  func cursor(at address: UInt64, byteCount: UInt64) throws(MRDLError) -> HDF5Cursor {
    HDF5Cursor(self, storage, try byteRange(at: address, byteCount: byteCount))
  }

  /// A cursor from an address to the end of the file.
  func cursor(at address: UInt64) throws(MRDLError) -> HDF5Cursor {
    let start = try byteRange(at: address, byteCount: 0).lowerBound
    return HDF5Cursor(self, storage, start..<superblock.endOffset)
  }

  /// The body of the first message of a kind in the header at an address.
  func sharedMessage(
    at address: UInt64, kind: HDF5Message.Kind
  ) throws(MRDLError) -> HDF5Cursor {
    if let known = sharedMessages.withLock({ $0[address] }), known.kind == kind {
      return HDF5Cursor(self, storage, known.range)
    }
    let header = try HDF5ObjectHeader(self, address: address)
    guard let message = header.first(kind), !message.isShared else {
      throw MRDLError(
        .badHDF5, "a shared message is not where it should be",
        at: Place(byteOffset: address))
    }
    let body = message.body
    let range = body.remainingRange
    sharedMessages.withLock { $0[address] = SharedMessage(kind: kind, range: range) }
    return body
  }

  /// A cursor over bytes that are not in the file as they are, such as a decoded heap block.
  func cursor(over bytes: Storage) -> HDF5Cursor {
    HDF5Cursor(self, bytes, 0..<bytes.byteCount)
  }
}
