import MRDLCore
import MRDLModel

/// A `.mrdl` file made field by field from mrdl(5), independently of the writer: right unless a test
/// changes a field, with digests that fit whatever the fields are.
struct ForgedFile {
  var magic: [UInt8] = [0x8A, 0x4D, 0x52, 0x44, 0x4C, 0x0D, 0x0A, 0x1A]
  var major: UInt16 = 1
  var minor: UInt16 = 0
  var optionalFeatures: UInt32 = 0
  var requiredFeatures: UInt64 = 0
  var headerOffset: UInt32 = 128
  var headerByteCount: UInt32
  var tableOffset: UInt32
  var tensorCount: UInt32
  var dataOffset: UInt64
  var dataByteCount: UInt64
  var fileByteCount: UInt64
  var headerDigest: [UInt8]
  var rootDigest: [UInt8]?

  var header: [UInt8]
  var headerPadding: [UInt8]
  var table: [UInt8]
  var tablePadding: [UInt8]
  var data: [UInt8]

  /// A file with the given header and tensors.
  init(header: String, tensors: [[UInt8]]) {
    func padding(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: (64 - count % 64) % 64) }
    self.header = Array(header.utf8)
    headerPadding = padding(self.header.count)
    table = tensors.flatMap { Digest(of: $0).bytes }
    tablePadding = padding(table.count)
    data = []
    for tensor in tensors { data += padding(data.count) + tensor }
    headerByteCount = UInt32(self.header.count)
    tableOffset = UInt32(128 + self.header.count + headerPadding.count)
    tensorCount = UInt32(tensors.count)
    dataOffset = UInt64(tableOffset) + UInt64(table.count + tablePadding.count)
    dataByteCount = UInt64(data.count)
    fileByteCount = dataOffset + dataByteCount
    headerDigest = Digest(of: self.header).bytes
  }

  /// Two tensors of three and five bytes.
  init(version: String = "1.0", extra: String = "") {
    self.init(
      header: """
        {"format":"MRDL","version":"\(version)","opsets":{},\
        "graph":{"inputs":[],"outputs":[],"nodes":[]},"tensors":[\
        {"name":"a","type":"u8","shape":[3]},{"name":"b","type":"i8","shape":[5]}]\(extra)}
        """,
      tensors: [[1, 2, 3], [4, 5, 6, 7, 8]])
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.append(contentsOf: magic)
    writer.append(major)
    writer.append(minor)
    writer.append(optionalFeatures)
    writer.append(requiredFeatures)
    writer.append(headerOffset)
    writer.append(headerByteCount)
    writer.append(tableOffset)
    writer.append(tensorCount)
    writer.append(dataOffset)
    writer.append(dataByteCount)
    writer.append(fileByteCount)
    writer.append(contentsOf: headerDigest)
    writer.append(contentsOf: rootDigest ?? Digest(of: writer.bytes + table).bytes)
    return writer.bytes + header + headerPadding + table + tablePadding + data
  }

  var storage: Storage { Storage(bytes) }
}
