import MRDLCore
import MRDLModel

/// Where the parts of a `.mrdl` file lie: prelude, header, digest table, data, with zeros between.
///
/// Everything follows from the length of the header and the number of bytes of the data: each part
/// begins at the first multiple of 64 after the one before it, the header at byte 128.
struct ContainerLayout: Hashable {
  let header: Range<Int>
  let tensorCount: Int
  let digestTable: Range<Int>
  let data: Range<Int>

  var fileByteCount: Int { data.upperBound }

  /// The layout of a file, or nil where its fields cannot hold it.
  init?(headerByteCount: Int, tensorCount: Int, dataByteCount: Int) {
    let alignment = Storage.alignment
    guard headerByteCount >= 0, tensorCount >= 0, dataByteCount >= 0,
      UInt32(exactly: headerByteCount) != nil, UInt32(exactly: tensorCount) != nil,
      let headerEnd = Prelude.byteCount.addingChecked(headerByteCount),
      let tableStart = headerEnd.roundedUpChecked(toMultipleOf: alignment),
      UInt32(exactly: tableStart) != nil,
      let tableByteCount = tensorCount.multipliedChecked(by: Digest.byteCount),
      let tableEnd = tableStart.addingChecked(tableByteCount),
      let dataStart = tableEnd.roundedUpChecked(toMultipleOf: alignment),
      let dataEnd = dataStart.addingChecked(dataByteCount)
    else { return nil }
    header = Prelude.byteCount..<headerEnd
    self.tensorCount = tensorCount
    digestTable = tableStart..<tableEnd
    data = dataStart..<dataEnd
  }

  /// Where the tensors of a table lie, from the start of the data; nil where it cannot be counted.
  static func ranges(of tensors: [TensorInfo]) -> [Range<Int>]? {
    var ranges: [Range<Int>] = []
    ranges.reserveCapacity(tensors.count)
    var end = 0
    for tensor in tensors {
      guard let start = end.roundedUpChecked(toMultipleOf: Storage.alignment),
        let byteCount = tensor.byteCount, let tensorEnd = start.addingChecked(byteCount)
      else { return nil }
      ranges.append(start..<tensorEnd)
      end = tensorEnd
    }
    return ranges
  }

  /// The ranges between the parts, which hold zeros.
  var frontPadding: [Range<Int>] {
    [header.upperBound..<digestTable.lowerBound, digestTable.upperBound..<data.lowerBound]
  }
}
