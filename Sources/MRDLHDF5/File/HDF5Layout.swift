import MRDLCore

/// How the elements of a data set are stored (specification IV.A.2.i).
enum HDF5Layout: Sendable {
  /// In the object header, at these bytes of the storage.
  case compact(Range<Int>)
  /// In one piece; no address where nothing was written. The size is not stated in old files.
  case contiguous(address: UInt64?, byteCount: UInt64?)
  case chunked(HDF5ChunkedLayout)
  /// In a way that this reader refuses, named for people.
  case unsupported(String)

  /// For people: `contiguous`, `chunks of [2, 3]`.
  var description: String {
    switch self {
    case .compact: "compact"
    case .contiguous: "contiguous"
    case .chunked(let layout): "chunks of \(Shape(checking: layout.chunk)?.description ?? "?")"
    case .unsupported(let name): name
    }
  }

  init(_ message: HDF5Cursor) throws(MRDLError) {
    var cursor = message
    let version = try cursor.readUInt8()
    switch version {
    case 1, 2: self = try Self.old(&cursor)
    case 3, 4, 5: self = try Self.new(&cursor, version: version)
    default:
      throw message.unsupported(
        "the version of a data layout is not known", found: "\(version)", expected: "1 to 5")
    }
  }

  /// Versions 1 and 2.
  private static func old(_ cursor: inout HDF5Cursor) throws(MRDLError) -> HDF5Layout {
    let rank = Int(try cursor.readUInt8())
    let kind = try cursor.readUInt8()
    try cursor.skip(byteCount: 5)
    let address = kind == 0 ? nil : try cursor.readAddress()
    var extents: [UInt64] = []
    for _ in 0..<rank { extents.append(UInt64(try cursor.readUInt32())) }
    switch kind {
    case 0:
      let byteCount = try cursor.readUInt32()
      let data = try cursor.readPart(byteCount: UInt64(byteCount))
      return .compact(data.remainingRange)
    case 1: return .contiguous(address: address, byteCount: nil)
    case 2:
      return .chunked(try HDF5ChunkedLayout(extents, index: .bTree1(address), cursor))
    default: throw cursor.bad("a data layout is not known", found: "\(kind)")
    }
  }

  /// Versions 3 to 5. Version 5 differs from 4 in the width of sizes in chunk indexes only, which
  /// the indexes tell themselves.
  private static func new(
    _ cursor: inout HDF5Cursor, version: UInt8
  ) throws(MRDLError) -> HDF5Layout {
    let kind = try cursor.readUInt8()
    switch kind {
    case 0:
      let byteCount = Int(try cursor.readUInt16())
      let data = try cursor.readPart(byteCount: byteCount)
      return .compact(data.remainingRange)
    case 1:
      let address = try cursor.readAddress()
      return .contiguous(address: address, byteCount: try cursor.readLength())
    case 2 where version == 3:
      let rank = Int(try cursor.readUInt8())
      let address = try cursor.readAddress()
      var extents: [UInt64] = []
      for _ in 0..<rank { extents.append(UInt64(try cursor.readUInt32())) }
      return .chunked(try HDF5ChunkedLayout(extents, index: .bTree1(address), cursor))
    case 2: return .chunked(try HDF5ChunkedLayout(version4: &cursor))
    case 3: return .unsupported("virtual")
    default: throw cursor.bad("a data layout is not known", found: "\(kind)")
    }
  }
}
