internal import MRDLCore

/// Whole numbers of an input, of type `i32` or `i64`.
struct IndexBuffer {
  private let bytes: UnsafeRawBufferPointer
  private let isWide: Bool
  let count: Int

  init(_ bytes: UnsafeRawBufferPointer, _ type: ScalarType) {
    self.bytes = bytes
    isWide = type == .int64
    count = bytes.count / (isWide ? 8 : 4)
  }

  subscript(index: Int) -> Int {
    isWide
      ? Int(bytes.assumingMemoryBound(to: Int64.self)[index])
      : Int(bytes.assumingMemoryBound(to: Int32.self)[index])
  }

  /// A number that must be a position on an axis, where -1 is the last one.
  ///
  /// - Throws: `MRDL4005`.
  func position(_ index: Int, extent: Int, _ place: Place) throws(MRDLError) -> Int {
    let given = self[index]
    let position = given < 0 ? given + extent : given
    guard position >= 0, position < extent else {
      throw MRDLError(
        .operatorFailed, "an index is out of range", found: "\(given)",
        expected: "\(-extent) to \(extent - 1)", at: place)
    }
    return position
  }
}

/// Copies elements of 1, 2, 4 or 8 bytes from place to place.
struct ElementMover {
  let source: UnsafeRawPointer
  let target: UnsafeMutableRawPointer
  let width: Int

  init?(
    _ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer, width: Int
  ) {
    guard let from = source.baseAddress, let to = target.baseAddress, !target.isEmpty else {
      return nil
    }
    self.source = from
    self.target = to
    self.width = width
  }

  @inline(__always)
  func move(_ from: Int, to: Int) {
    switch width {
    case 1: move(from, to, UInt8.self)
    case 2: move(from, to, UInt16.self)
    case 4: move(from, to, UInt32.self)
    default: move(from, to, UInt64.self)
    }
  }

  @inline(__always)
  private func move<Bits: FixedWidthInteger>(_ from: Int, _ to: Int, _ type: Bits.Type) {
    target.assumingMemoryBound(to: type)[to] = source.assumingMemoryBound(to: type)[from]
  }

  /// Copies elements that lie side by side.
  func move(_ from: Int, to: Int, count: Int) {
    (target + to * width).copyMemory(from: source + from * width, byteCount: count * width)
  }
}

extension KernelRequest {
  /// Bytes of an element of an input.
  ///
  /// - Throws: `MRDL1304` for elements smaller than a byte.
  func elementByteCount(_ index: Int) throws(MRDLError) -> Int {
    guard let width = inputType(index).elementByteCount else {
      throw unsupportedType(inputType(index))
    }
    return width
  }
}

extension Shape {
  /// Elements from one index to the next, for each axis of a dense tensor.
  var strides: [Int] {
    var strides = [Int](repeating: 1, count: rank)
    for axis in (0..<max(rank - 1, 0)).reversed() {
      strides[axis] = strides[axis + 1] * self[axis + 1]
    }
    return strides
  }

  /// The extents before, at and behind an axis.
  package func lines(along axis: Int) -> (outer: Int, length: Int, inner: Int) {
    (
      dimensions[..<axis].reduce(1, *), self[axis], dimensions[(axis + 1)...].reduce(1, *)
    )
  }
}
