internal import MRDLCore
internal import MRDLModel

extension Resize {
  /// What becomes of one axis.
  struct Resolution {
    var extent: Dimension
    /// New elements for each old one.
    var scale: Double
  }

  private static let largestExtent = 1 << 30

  /// What becomes of each of the axes; nil where that is not known yet.
  ///
  /// - Throws: `MRDL1205` where there are not either scales or sizes, `MRDL1207` for ones that do not fit.
  func resolutions(
    _ operands: Operands, _ shape: SymbolicShape, _ axes: [Int]
  ) throws(MRDLError) -> [Resolution]? {
    // An input without elements is one left out.
    func isGiven(_ index: Int) -> Bool {
      operands.optional(index).map { $0.concreteShape?.elementCount != 0 } ?? false
    }
    guard isGiven(2) != isGiven(3) else {
      throw MRDLError(
        .wrongInputCount, "a node has to have either scales or sizes",
        found: isGiven(2) ? "both" : "none", at: operands.place)
    }
    if isGiven(3) {
      guard let sizes = try operands.integers(3) else { return nil }
      try check(sizes.count, axes, operands)
      return try fitted(sizes, shape, axes, operands)
    }
    guard policy == .stretch else {
      throw operands.badAttribute(
        "attribute \"keep_aspect_ratio_policy\" needs sizes", found: policy.rawValue,
        expected: AspectPolicy.stretch.rawValue)
    }
    let scales = try operands.required(2, of: [.float32])
    guard let constant = scales.constant else { return nil }
    let values = constant.elements(as: Float.self)
    try check(values.count, axes, operands)
    var parts = [Float](repeating: 1, count: axes.count)
    if crops {
      // Scales count from the part of the axis that is shown.
      guard let region = try operands.required(1).constant else { return nil }
      let corners = try region.cast(to: .float32).elements(as: Float.self)
      guard corners.count == 2 * axes.count else { return nil }
      parts = axes.indices.map { corners[axes.count + $0] - corners[$0] }
    }
    var result: [Resolution] = []
    for ((scale, part), axis) in zip(zip(values, parts), axes) {
      guard scale > 0, scale.isFinite else {
        throw operands.shapeMismatch(
          "a scale is not a positive number", found: "\(scale)", expected: "more than 0")
      }
      var extent = shape[axis]
      if let value = extent.value {
        // In float32, as ONNX computes it: 1.4 · 5 is 7.
        let scaled = (Float(value) * part * scale).rounded(.down)
        extent = .fixed(try checkedExtent(Double(scaled), operands))
      } else if scale != 1 || part != 1 {
        extent = .unknown
      }
      result.append(Resolution(extent: extent, scale: Double(scale)))
    }
    return result
  }

  private func check(_ count: Int, _ axes: [Int], _ operands: Operands) throws(MRDLError) {
    guard count == axes.count else {
      throw operands.shapeMismatch(
        "there is not one scale or size for each axis", found: "\(count)",
        expected: "\(axes.count)")
    }
  }

  private func checkedExtent(_ extent: Double, _ operands: Operands) throws(MRDLError) -> Int {
    guard extent >= 0, extent <= Double(Self.largestExtent) else {
      throw operands.shapeMismatch(
        "an axis cannot be resized so", found: "\(extent) elements",
        expected: "0 to \(Self.largestExtent)")
    }
    return Int(extent)
  }

  private func fitted(
    _ sizes: [Int], _ shape: SymbolicShape, _ axes: [Int], _ operands: Operands
  ) throws(MRDLError) -> [Resolution] {
    let old = axes.map { shape[$0].value }
    let scales = zip(sizes, old).map { size, extent in
      extent.map { $0 == 0 ? 1 : Double(size) / Double($0) }
    }
    let known = scales.compactMap { $0 }
    // One scale for all axes, so that none becomes larger, or smaller, than its size.
    var common: Double?
    if policy != .stretch && known.count == scales.count {
      common = policy == .notLarger ? known.min() : known.max()
    }
    var result: [Resolution] = []
    for index in axes.indices {
      let size = try checkedExtent(Double(sizes[index]), operands)
      if policy == .stretch {
        result.append(Resolution(extent: .fixed(size), scale: scales[index] ?? 1))
      } else if let common, let extent = old[index] {
        let rounded = (common * Double(extent) + 0.5).rounded(.down)
        result.append(
          Resolution(extent: .fixed(try checkedExtent(rounded, operands)), scale: common))
      } else {
        result.append(Resolution(extent: .unknown, scale: 1))
      }
    }
    return result
  }
}
