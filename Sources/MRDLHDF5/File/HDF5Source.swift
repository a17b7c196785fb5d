import MRDLCore
import Synchronization

/// The bytes of an HDF5 file and how addresses in it are to be read.
final class HDF5Source: Sendable {
  let superblock: HDF5Superblock
  let limits: Limits
  private let reader: ByteReader
  /// Messages in the headers of other objects that were looked for already: many objects may share
  /// one, and its header may be long.
  private let sharedMessages = Mutex<[SharedMessageKey: Range<Int>]>([:])

  private struct SharedMessageKey: Hashable {
    let address: UInt64
    let kind: HDF5Message.Kind
  }

  init(_ storage: Storage, limits: Limits) throws(MRDLError) {
    superblock = try HDF5Superblock(storage)
    self.limits = limits
    reader = try ByteReader(storage, truncationCode: .truncatedHDF5).slice(
      byteOffset: superblock.baseOffset, byteCount: superblock.endOffset - superblock.baseOffset)
  }

  var storage: Storage { reader.storage }

  /// The number of bytes that addresses can reach.
  var byteCount: Int { superblock.endOffset - superblock.baseOffset }

  /// Where in the storage the `byteCount` bytes at an address are.
  func byteRange(at address: UInt64, byteCount: UInt64) throws(MRDLError) -> Range<Int> {
    guard let offset = UInt64(superblock.baseOffset).addingChecked(address) else {
      throw MRDLError(
        .badHDF5, "an address lies outside the file", found: "\(address)",
        expected: "less than \(self.byteCount)")
    }
    let part = try reader.slice(byteOffset: offset, byteCount: byteCount)
    return part.lowerBound..<part.upperBound
  }

  /// A cursor over the `byteCount` bytes at an address.
  func cursor(at address: UInt64, byteCount: UInt64) throws(MRDLError) -> HDF5Cursor {
    let range = try byteRange(at: address, byteCount: byteCount)
    return HDF5Cursor(
      self, try reader.slice(byteOffset: range.lowerBound, byteCount: range.count))
  }

  /// A cursor from an address to the end of the file.
  func cursor(at address: UInt64) throws(MRDLError) -> HDF5Cursor {
    let start = try byteRange(at: address, byteCount: 0).lowerBound
    return HDF5Cursor(
      self, try reader.slice(byteOffset: start, byteCount: reader.upperBound - start))
  }

  /// The body of the first message of a kind in the header at an address.
  func sharedMessage(
    at address: UInt64, kind: HDF5Message.Kind
  ) throws(MRDLError) -> HDF5Cursor {
    let key = SharedMessageKey(address: address, kind: kind)
    if let range = sharedMessages.withLock({ $0[key] }) {
      return HDF5Cursor(
        self, try reader.slice(byteOffset: range.lowerBound, byteCount: range.count))
    }
    let header = try HDF5ObjectHeader(self, address: address)
    guard let message = header.first(kind), !message.isShared else {
      throw MRDLError(
        .badHDF5, "a shared message is not where it should be",
        at: Place(byteOffset: address))
    }
    let body = message.body
    let range = body.byteOffset..<(body.byteOffset + body.remainingByteCount)
    sharedMessages.withLock { $0[key] = range }
    return body
  }

  /// A cursor over bytes that are not in the file as they are, such as a decoded heap block.
  func cursor(over bytes: Storage) -> HDF5Cursor {
    HDF5Cursor(self, ByteReader(bytes, truncationCode: .truncatedHDF5))
  }
}
