package import MRDLCore
package import MRDLModel
package import MRDLNumerics

/// What convolution and pooling say of their window: size, strides, dilations and padding.
///
/// With the words of the source text, an axis of extent W, a window of F, a stride of S: VALID gives
/// W′ = ⌈(W − F + 1) / S⌉ (3-1); SAME gives W′ = ⌈W / S⌉ (3-2) with N = (W′ − 1)·S + F − W elements of
/// padding (3-3), of which ⌊N/2⌋ stand before (3-4), or after for `SAME_LOWER`.
package struct WindowAttributes: Sendable {
  package enum AutoPad: String, Sendable, CaseIterable {
    case notSet = "NOTSET"
    case sameUpper = "SAME_UPPER"
    case sameLower = "SAME_LOWER"
    case valid = "VALID"
  }

  /// Sizes of one axis.
  package struct Axis: Sendable {
    package var output: Int
    package var padBegin: Int
    package var padEnd: Int
  }

  package let kernelShape: [Int]?
  package let strides: [Int]?
  package let dilations: [Int]?
  package let pads: [Int]?
  package let autoPad: AutoPad
  /// Whether a window that begins inside the padded input but reaches out of it counts.
  package let roundsUp: Bool

  package init(
    _ attributes: inout AttributeReader, hasCeilMode: Bool
  ) throws(MRDLError) {
    kernelShape = try attributes.integers("kernel_shape", in: 1...Self.largest)
    strides = try attributes.integers("strides", in: 1...Self.largest)
    dilations = try attributes.integers("dilations", in: 1...Self.largest)
    autoPad = try attributes.choice("auto_pad", default: .notSet)
    pads = try attributes.integers("pads", in: 0...Self.largest)
    roundsUp = hasCeilMode ? try attributes.flag("ceil_mode") : false
    if let pads, autoPad != .notSet, pads.contains(where: { $0 != 0 }) {
      throw attributes.wrongValue("pads", "\(pads)", "none together with auto_pad")
    }
  }

  private static let largest = 1 << 30

  /// The spatial extents of the output: symbols where the window leaves an axis as it is.
  ///
  /// - Parameters:
  ///   - input: the spatial extents of the input.
  ///   - kernel: those of the window.
  package func output(
    _ input: [Dimension], kernel: [Int], _ operands: Operands
  ) throws(MRDLError) -> [Dimension] {
    try check(rank: input.count, kernel: kernel, operands)
    // Sums and products of sizes below this bound cannot overflow.
    for extent in kernel + input.compactMap(\.value) where extent > Self.largest {
      throw operands.shapeMismatch(
        "an extent is too large for a moving window", found: "\(extent)",
        expected: "at most \(Self.largest)")
    }
    var result: [Dimension] = []
    for (axis, extent) in input.enumerated() {
      guard let value = extent.value else {
        result.append(keepsExtent(axis, kernel[axis]) ? extent : .unknown)
        continue
      }
      let sizes = sizes(axis, input: value, kernel: kernel[axis])
      guard let sizes else {
        throw operands.shapeMismatch(
          "the window is larger than the padded input",
          found: "a window of \(span(axis, kernel[axis])) over \(value)")
      }
      result.append(.fixed(sizes.output))
    }
    return result
  }

  /// The window over an input whose shape `output` has accepted.
  package func window(input: [Int], kernel: [Int]) -> Window {
    let axes = input.indices.map { axis in
      sizes(axis, input: input[axis], kernel: kernel[axis])
        ?? Axis(output: 0, padBegin: 0, padEnd: 0)
    }
    return Window(
      input: input, output: axes.map(\.output), kernel: kernel,
      strides: strides ?? input.map { _ in 1 }, dilations: dilations ?? input.map { _ in 1 },
      padsBegin: axes.map(\.padBegin), padsEnd: axes.map(\.padEnd))
  }

  private func check(rank: Int, kernel: [Int], _ operands: Operands) throws(MRDLError) {
    for (name, list, count) in [
      ("kernel_shape", kernelShape, rank), ("strides", strides, rank),
      ("dilations", dilations, rank), ("pads", pads, 2 * rank),
    ] {
      guard let list, list.count != count else { continue }
      throw operands.badAttribute(
        "attribute \"\(name)\" does not fit the input", found: Quantity.count(list.count, "number"),
        expected: "\(count)")
    }
    if let kernelShape, kernelShape != kernel {
      throw operands.badAttribute(
        "attribute \"kernel_shape\" does not fit the weights", found: "\(kernelShape)",
        expected: "\(kernel)")
    }
  }

  /// How many elements a window spans with its gaps.
  private func span(_ axis: Int, _ kernel: Int) -> Int {
    (kernel - 1) * (dilations?[axis] ?? 1) + 1
  }

  /// Whether the output has the extent of the input, whatever that is.
  private func keepsExtent(_ axis: Int, _ kernel: Int) -> Bool {
    guard (strides?[axis] ?? 1) == 1 else { return false }
    switch autoPad {
    case .sameUpper, .sameLower: return true
    case .valid: return span(axis, kernel) == 1
    case .notSet:
      let rank = (pads?.count ?? 0) / 2
      let padding = pads.map { $0[axis] + $0[axis + rank] } ?? 0
      return padding == span(axis, kernel) - 1
    }
  }

  /// The widest border that is copied together with the input.
  private static let narrowBorder = 256

  /// Whether so little stands around the input that kernels may copy its rows with their border, which costs as
  /// much as an input that is wider by it.
  package func hasNarrowBorder(kernel: [Int]) -> Bool {
    switch autoPad {
    case .valid: true
    // Half of what the window spans stands on each side.
    case .sameUpper, .sameLower:
      kernel.indices.allSatisfy { span($0, kernel[$0]) <= 2 * Self.narrowBorder }
    case .notSet: (pads ?? []).allSatisfy { $0 <= Self.narrowBorder }
    }
  }

  /// Whether the window moves by one along every axis.
  package var movesByOne: Bool { (strides ?? []).allSatisfy { $0 == 1 } }

  /// Whether every output sees the input of the same index and no other.
  package func isPointwise(kernel: [Int]) -> Bool {
    kernel.allSatisfy { $0 == 1 } && movesByOne
      && (autoPad != .notSet || (pads ?? []).allSatisfy { $0 == 0 })
  }

  /// nil where the window is larger than the padded input.
  private func sizes(_ axis: Int, input: Int, kernel: Int) -> Axis? {
    let stride = strides?[axis] ?? 1
    let span = span(axis, kernel)
    switch autoPad {
    case .sameUpper, .sameLower:
      let output = (input + stride - 1) / stride
      let padding = max(0, (output - 1) * stride + span - input)
      let half = padding / 2
      return autoPad == .sameUpper
        ? Axis(output: output, padBegin: half, padEnd: padding - half)
        : Axis(output: output, padBegin: padding - half, padEnd: half)
    case .valid, .notSet:
      let rank = (pads?.count ?? 0) / 2
      let begin = autoPad == .valid ? 0 : pads?[axis] ?? 0
      let end = autoPad == .valid ? 0 : pads.map { $0[axis + rank] } ?? 0
      let room = input + begin + end - span
      guard room >= 0 else { return nil }
      var output = room / stride + 1
      if roundsUp && room % stride != 0 {
        // A window must begin inside the input or the padding before it.
        if output * stride < input + begin { output += 1 }
      }
      return Axis(output: output, padBegin: begin, padEnd: end)
    }
  }
}
