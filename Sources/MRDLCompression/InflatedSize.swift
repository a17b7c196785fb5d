import MRDLCore

/// What a caller knows of the size of inflated data before it is inflated.
package enum InflatedSize: Sendable, Hashable {
  /// The format that holds the data states this number of bytes; another number is an error.
  case exactly(Int)
  /// More bytes than this are an error. The limits hold too.
  case atMost(Int)

  /// The most bytes that `compressedByteCount` bytes may become under the limits and this size.
  ///
  /// - Throws: `MRDL2502` where an exact size cannot be reached within the limits, so that nothing
  ///   is allocated for a promise that the compressed bytes cannot keep.
  func bound(
    compressedByteCount: Int, limits: Limits, place: Place
  ) throws(MRDLError) -> Int {
    let ratioBound = compressedByteCount.multipliedChecked(by: limits.inflationRatio) ?? .max
    let bound = min(ratioBound, limits.inflatedByteCount)
    switch self {
    case .atMost(let byteCount): return min(byteCount, bound)
    case .exactly(let byteCount):
      guard byteCount <= bound else {
        throw MRDLError(
          .inflatedTooFar,
          "\(compressedByteCount) compressed bytes are said to inflate past the permitted size",
          found: "\(byteCount) bytes", expected: "at most \(bound)", at: place)
      }
      return byteCount
    }
  }
}
