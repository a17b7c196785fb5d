/// The bytes that pairs of hexadecimal digits name; white space is ignored.
func bytes(_ hexadecimal: String) -> [UInt8] {
  let digits = hexadecimal.compactMap { $0.hexDigitValue }
  precondition(digits.count.isMultiple(of: 2), "an odd number of digits")
  return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
}

/// Bytes that repeat themselves now and then, the same in every run.
func sampleBytes(count: Int) -> [UInt8] {
  var state: UInt32 = 1
  return (0..<count).map { index in
    state = state &* 1_664_525 &+ 1_013_904_223
    return index % 7 < 4 ? UInt8(state >> 28) : UInt8(truncatingIfNeeded: index / 64)
  }
}
