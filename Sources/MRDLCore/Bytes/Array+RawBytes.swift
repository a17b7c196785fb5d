extension Array where Element: BitwiseCopyable {
  /// `withUnsafeBytes` that keeps the type of the error that `body` throws.
  package func withRawBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try span.bytes.withUnsafeBytes(body)
  }
  /// `withUnsafeMutableBytes` that keeps the type of the error that `body` throws.
  package mutating func withMutableRawBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    var span = mutableSpan
    var bytes = span.mutableBytes
    return try bytes.withUnsafeMutableBytes(body)
  }
}
