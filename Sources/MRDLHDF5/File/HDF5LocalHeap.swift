import MRDLCore

/// The names of an old-style group (specification III.D).
struct HDF5LocalHeap: Sendable {
  private let segment: HDF5Cursor
  private let byteCount: Int

  init(_ source: HDF5Source, address: UInt64) throws(MRDLError) {
    var cursor = try source.cursor(at: address)
    try cursor.readSignature("HEAP")
    try cursor.readVersion(0, of: "a local heap")
    try cursor.skip(byteCount: 3)
    let byteCount = try cursor.readLength()
    _ = try cursor.readLength()
    guard let segmentAddress = try cursor.readAddress() else {
      throw cursor.bad("a local heap has no data")
    }
    segment = try source.cursor(at: segmentAddress, byteCount: byteCount)
    self.byteCount = segment.remainingByteCount
  }

  /// The text at an offset, up to its zero byte.
  func text(atByteOffset byteOffset: UInt64) throws(MRDLError) -> [UInt8] {
    guard let offset = Int(exactly: byteOffset), offset < byteCount else {
      throw segment.bad(
        "a name lies outside its heap", found: "\(byteOffset)", expected: "less than \(byteCount)")
    }
    var cursor = segment
    try cursor.skip(byteCount: offset)
    return try cursor.readTerminatedBytes()
  }
}
