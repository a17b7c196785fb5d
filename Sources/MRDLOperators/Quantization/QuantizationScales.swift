internal import MRDLCore
internal import MRDLModel

/// Which scale and zero point an element has: one for all, one for each index of an axis, or one for each
/// block along it.
struct QuantizationScales: Sendable {
  let lines: (outer: Int, length: Int, inner: Int)
  /// Elements along the axis that share a scale; all of them for a single scale.
  private let block: Int
  /// Whether one scale serves all elements.
  let isSingle: Bool
  private let isBlocked: Bool
  private let scaleLength: Int

  /// Checks the shape of the scales against that of the data.
  static func check(
    _ operands: Operands, axis: Int, blockSize: Int
  ) throws(MRDLError) {
    guard let data = try operands.required(0).shape, let scales = try operands.required(1).shape,
      scales.rank > 0, blockSize > 0 || scales.shape?.elementCount != 1
    else { return }
    let message = "the scales do not fit the data"
    let axis = try operands.axis(axis, rank: data.rank)
    if blockSize > 0 {
      guard scales.rank == data.rank else {
        throw operands.shapeMismatch(message, found: "\(scales)")
      }
      for index in 0..<data.rank {
        let expected =
          index == axis
          ? data[index].value.map { Dimension.fixed(($0 + blockSize - 1) / blockSize) } ?? .unknown
          : data[index]
        _ = try operands.unify(scales[index], expected, message)
      }
    } else {
      guard scales.rank == 1, data.rank > 0 else {
        throw operands.shapeMismatch(message, found: "\(scales)", expected: "one axis")
      }
      _ = try operands.unify(scales[0], data[axis], message)
    }
    if let zeros = operands.optional(2)?.concreteShape, let own = scales.shape,
      zeros.elementCount != own.elementCount
    {
      throw operands.shapeMismatch(
        "there are not as many zero points as scales", found: "\(zeros)", expected: "\(own)")
    }
  }

  init(_ request: KernelRequest, axis: Int, blockSize: Int) {
    let (data, scales) = (request.inputShape(0), request.inputShape(1))
    isSingle = scales.elementCount == 1
    isBlocked = blockSize > 0
    block = isBlocked ? blockSize : 1
    guard !isSingle, let axis = data.normalizedAxis(axis) else {
      lines = (1, data.elementCount, 1)
      scaleLength = 1
      return
    }
    lines = data.lines(along: axis)
    scaleLength = isBlocked ? scales[axis] : scales.elementCount
  }

  /// Calls `body` with stretches of elements that have the same scale.
  ///
  /// - Returns: false where elements have scales of their own, and nothing is done.
  func forEachStretch(
    count: Int, _ body: (_ elements: Range<Int>, _ index: Int) -> Void
  ) -> Bool {
    if isSingle {
      if count > 0 { body(0..<count, 0) }
      return true
    }
    guard !isBlocked, lines.inner > 1 else { return false }
    for row in 0..<(count / lines.inner) {
      body(row * lines.inner..<(row + 1) * lines.inner, row % lines.length)
    }
    return true
  }

  @inline(__always)
  func index(of element: Int) -> Int {
    if isSingle { return 0 }
    let (row, offset) = element.quotientAndRemainder(dividingBy: lines.inner)
    let (outer, position) = row.quotientAndRemainder(dividingBy: lines.length)
    return isBlocked
      ? (outer * scaleLength + position / block) * lines.inner + offset : position
  }
}
