import CMRDLKernels
import MRDLNumerics
import Testing

/// A table of kernels of whole numbers that this processor can run.
struct IntegerTable: Sendable, CustomTestStringConvertible {
  let index: Int

  static let all = Array((0..<16).prefix { mrdl_integer_kernels_at($0) != nil }.map(Self.init))

  var kernels: mrdl_integer_kernels {
    guard let table = mrdl_integer_kernels_at(index) else { preconditionFailure("no table") }
    return table.pointee
  }

  var testDescription: String { String(cString: kernels.name) }
}

/// Whole numbers over the whole range of a type, its ends among them often.
func wholeNumbers<Number: FixedWidthInteger>(_ count: Int, seed: UInt64, as _: Number.Type)
  -> [Number]
{
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    if state >> 61 == 0 { return .max }
    if state >> 61 == 1 { return .min }
    return Number(truncatingIfNeeded: state >> 40)
  }
}

/// Every table of kernels of whole numbers gives the sums of plain loops, and the same bits after them.
@Suite struct IntegerKernelTests {
  static let sizes: [(rows: Int, columns: Int, depth: Int)] = [
    (1, 1, 1), (1, 16, 4), (1, 33, 5), (2, 15, 16), (3, 17, 15), (4, 64, 17), (5, 31, 3),
    (7, 8, 40), (8, 4, 31), (13, 70, 64), (14, 32, 33), (15, 100, 7), (29, 47, 130), (1, 5, 1000),
  ]

  struct Ending {
    var result = MRDL_INTEGER_SUM
    var hasOffset = false
    var hasResidual = false
    var clamps = false
    var zero: Int32 = 0

    var byteCount: Int { result == MRDL_INTEGER_U8 || result == MRDL_INTEGER_I8 ? 1 : 4 }
  }

  private func filled<Element>(_ values: [Element], to count: Int, with rest: Element) -> [Element]
  {
    values + [Element](repeating: rest, count: count - values.count)
  }

  /// The result of a product, row-major, as bytes.
  private func product(
    _ k: mrdl_integer_kernels, rows: Int, columns: Int, depth: Int, _ ending: Ending
  ) -> [UInt8] {
    let a = wholeNumbers(rows * depth, seed: 1, as: UInt8.self)
    let b = wholeNumbers(depth * columns, seed: 2, as: Int8.self)
    let padded = (columns + k.lanes - 1) / k.lanes * k.lanes
    let deep = (depth + k.group - 1) / k.group * k.group
    // What stands behind the depth must not matter.
    var left = [UInt8](repeating: 77, count: rows * deep)
    for row in 0..<rows {
      for index in 0..<depth { left[row * deep + index] = a[row * depth + index] }
    }
    var packed = [Int8](repeating: 99, count: padded * deep)
    k.pack_weights(columns, depth, 1, 1, columns, 0, 0, b, &packed)
    let bias = filled(
      wholeNumbers(columns, seed: 3, as: Int16.self).map { Int32($0) }, to: padded, with: 0)
    let scale = filled(
      (numbers(columns, seed: 4) as [Float]).map { $0 / 50000 }, to: padded, with: 0)
    let offset = filled(numbers(columns, seed: 5) as [Float], to: padded, with: 0)
    let residual: [Float] = numbers(rows * columns, seed: 6)
    var output = [UInt8](repeating: 0xEE, count: rows * columns * ending.byteCount)
    var tap = 0
    output.withUnsafeMutableBytes { output in
      bias.withUnsafeBufferPointer { bias in
        scale.withUnsafeBufferPointer { scale in
          offset.withUnsafeBufferPointer { offset in
            residual.withUnsafeBufferPointer { residual in
              left.withUnsafeBufferPointer { left in
                packed.withUnsafeBufferPointer { packed in
                  withUnsafePointer(to: &tap) { tap in
                    guard let target = output.baseAddress, let input = left.baseAddress,
                      let weights = packed.baseAddress, let bias = bias.baseAddress
                    else { return }
                    var product = mrdl_integer_product(
                      rows: 1, columns: rows, input: input, input_row_stride: 0,
                      input_column_stride: deep, input_block_stride: k.lanes, channels: depth,
                      taps: 1, tap_offsets: tap, weights: weights, first_block: 0,
                      last_block: padded / k.lanes, output_channels: columns, output: target,
                      output_row_stride: 0, output_column_stride: columns,
                      output_block_stride: k.lanes,
                      ending: mrdl_integer_ending(
                        result: ending.result, bias: bias, scale: scale.baseAddress,
                        offset: ending.hasOffset ? offset.baseAddress : nil,
                        residual: ending.hasResidual ? residual.baseAddress : nil,
                        clamp: ending.clamps ? 1 : 0, low: -0.5, high: 60, zero: ending.zero))
                    k.product(&product)
                  }
                }
              }
            }
          }
        }
      }
    }
    return output
  }

  @Test(arguments: IntegerTable.all) func sumsAreExact(_ table: IntegerTable) {
    for (rows, columns, depth) in Self.sizes {
      let a = wholeNumbers(rows * depth, seed: 1, as: UInt8.self)
      let b = wholeNumbers(depth * columns, seed: 2, as: Int8.self)
      let bias = wholeNumbers(columns, seed: 3, as: Int16.self)
      var expected: [Int32] = []
      for row in 0..<rows {
        for column in 0..<columns {
          var sum = Int32(bias[column])
          for k in 0..<depth { sum += Int32(a[row * depth + k]) * Int32(b[k * columns + column]) }
          expected.append(sum)
        }
      }
      let found = product(
        table.kernels, rows: rows, columns: columns, depth: depth, Ending())
      #expect(
        found.withUnsafeBytes { Array($0.bindMemory(to: Int32.self)) } == expected,
        "\(rows) × \(columns) × \(depth)")
    }
  }

  static let endings = [
    Ending(result: MRDL_INTEGER_REAL),
    Ending(result: MRDL_INTEGER_REAL, hasOffset: true, hasResidual: true, clamps: true),
    Ending(result: MRDL_INTEGER_U8, zero: 3), Ending(result: MRDL_INTEGER_U8, clamps: true),
    Ending(result: MRDL_INTEGER_I8, hasOffset: true, zero: -100),
  ]

  @Test(arguments: IntegerTable.all, 0..<5) func whatFollowsHasTheSameBits(
    _ table: IntegerTable, ending: Int
  ) {
    for (rows, columns, depth) in Self.sizes {
      let (expected, found) = (
        product(
          IntegerTable(index: 0).kernels, rows: rows, columns: columns, depth: depth,
          Self.endings[ending]),
        product(
          table.kernels, rows: rows, columns: columns, depth: depth, Self.endings[ending])
      )
      #expect(found == expected, "\(rows) × \(columns) × \(depth)")
    }
  }

  @Test(arguments: IntegerTable.all, [0, 1, 3, 15, 16, 17, 100]) func quantisation(
    _ table: IntegerTable, count: Int
  ) {
    let k = table.kernels
    var x: [Float] = (numbers(count, seed: 8) as [Float]).map { $0 * 200 }
    for (index, value) in [0.75, -0.75, 1.25, 1e30, -1e30, .infinity, .nan].enumerated()
    where index < count {
      x[index] = Float(value)
    }
    for (low, high, zero) in [(0, 255, 0), (0, 255, 128), (-128, 127, 0), (-128, 127, -128)] {
      var y = [UInt8](repeating: 0, count: count)
      k.quantize(count, x, 0.5, Int32(zero), Int32(low), Int32(high), &y)
      let expected = x.map { value -> UInt8 in
        if value.isNaN { return UInt8(truncatingIfNeeded: low) }
        let whole = (value / 0.5).rounded(.toNearestOrEven) + Float(zero)
        return UInt8(truncatingIfNeeded: Int(max(Float(low), min(Float(high), whole))))
      }
      #expect(y == expected)
      var back = [Float](repeating: 0, count: count)
      k.dequantize(count, y, low < 0 ? 1 : 0, 0.5, Int32(zero), &back)
      #expect(
        back
          == y.map {
            Float((low < 0 ? Int(Int8(bitPattern: $0)) : Int($0)) - zero) * 0.5
          })
    }
  }
}

/// Convolutions of whole numbers against plain loops.
@Suite struct IntegerConvolutionTests {
  /// The sums in planes.
  private func expected(
    _ c: WindowCase, _ x: [UInt8], _ w: [Int8], padding: UInt8
  ) -> [Int32] {
    let seen = c.channels / c.groups
    let window = c.window
    var result: [Int32] = []
    for image in 0..<c.batch {
      for output in 0..<c.outputChannels {
        let group = output / (c.outputChannels / c.groups)
        for position in WindowCase.positions(c.output) {
          var sum: Int32 = 0
          let taps = c.seen(position)
          for channel in 0..<seen {
            let plane = (image * c.channels + group * seen + channel) * window.inputVolume
            for tap in taps {
              let weight = w[(output * seen + channel) * window.kernelVolume + tap.place]
              sum += Int32(tap.input.map { x[plane + $0] } ?? padding) * Int32(weight)
            }
          }
          result.append(sum)
        }
      }
    }
    return result
  }

  @Test(arguments: BlockedConvolutionTests.cases, [BlockWidth.wide, .narrow])
  func sumsAreExact(_ c: WindowCase, width: BlockWidth) {
    let window = c.window
    let x = wholeNumbers(c.batch * c.channels * window.inputVolume, seed: 1, as: UInt8.self)
    let w = wholeNumbers(
      c.outputChannels * (c.channels / c.groups) * window.kernelVolume, seed: 2, as: Int8.self)
    let input = BlockedLayout(
      batchCount: c.batch, channels: c.channels, pixels: window.inputVolume, width: width)
    let output = BlockedLayout(
      batchCount: c.batch, channels: c.outputChannels, pixels: window.outputVolume, width: width)
    let convolution = IntegerConvolution(
      batchCount: c.batch, inputChannels: c.channels, outputChannels: c.outputChannels,
      groupCount: c.groups, window: window, width: width)
    let packed = Workspace(byteCount: convolution.packedWeightsByteCount)
    w.withUnsafeBytes {
      if let base = $0.baseAddress { convolution.packWeights(base, flip: 0, into: packed.base) }
    }
    let blocks = Workspace(
      byteCount: c.batch * width.paddedChannels(c.channels) * window.inputVolume)
    x.withUnsafeBytes {
      if let base = $0.baseAddress {
        input.makeBlocks(ofBytes: base, into: blocks.base, threadLimit: 1)
      }
    }
    let bias = [Int32](repeating: 0, count: convolution.paddedOutputs)
    let sums = expected(c, x, w, padding: 9)
    for threads in [1, 0] {
      let results = Workspace(
        byteCount: c.batch * convolution.paddedOutputs * window.outputVolume * 4)
      let workspace = Workspace(byteCount: convolution.workspaceByteCount)
      bias.withUnsafeBufferPointer { bias in
        guard let bias = bias.baseAddress else { return }
        convolution.run(
          input: blocks.base, weights: packed.base, padding: 9,
          ending: IntegerEnding(.sum, bias: bias), output: results.base,
          workspace: workspace.base, threadLimit: threads)
      }
      let planes = Workspace(byteCount: sums.count * 4)
      output.makePlanes(of: results.base, into: planes.base, threadLimit: 1)
      let found = UnsafeRawBufferPointer(start: planes.base, count: sums.count * 4)
        .bindMemory(to: Int32.self)
      #expect(Array(found) == sums)
    }
  }

  @Test(arguments: [(1, 10, 7), (3, 300, 130), (70, 33, 64), (1, 700, 512)])
  func productsAreExact(rows: Int, columns: Int, depth: Int) {
    let a = wholeNumbers(rows * depth, seed: 1, as: UInt8.self)
    let b = wholeNumbers(depth * columns, seed: 2, as: UInt8.self)
    let product = IntegerProduct(rows: rows, columns: columns, depth: depth)
    let packed = Workspace(byteCount: product.packedRightByteCount)
    b.withUnsafeBytes {
      guard let base = $0.baseAddress else { return }
      product.packRight(base, rowStride: columns, columnStride: 1, flip: 128, into: packed.base)
    }
    let bias = [Int32](repeating: 0, count: product.paddedColumns)
    var expected: [Int32] = []
    for row in 0..<rows {
      for column in 0..<columns {
        expected.append(
          (0..<depth).reduce(0) {
            $0 + Int32(a[row * depth + $1] ^ 128)
              * Int32(Int8(bitPattern: b[$1 * columns + column] ^ 128))
          })
      }
    }
    for threads in [1, 0] {
      var found = [Int32](repeating: 0, count: rows * columns)
      let workspace = Workspace(byteCount: product.workspaceByteCount(leftFlip: 128))
      found.withUnsafeMutableBytes { found in
        a.withUnsafeBytes { a in
          bias.withUnsafeBufferPointer { bias in
            guard let target = found.baseAddress, let a = a.baseAddress,
              let bias = bias.baseAddress
            else { return }
            product.run(
              left: a, leftFlip: 128, right: packed.base,
              ending: IntegerEnding(.sum, bias: bias), output: target,
              workspace: workspace.base, threadLimit: threads)
          }
        }
      }
      #expect(found == expected)
    }
  }
}

extension BlockWidth: CustomTestStringConvertible {
  public var testDescription: String { "\(lanes) lanes" }
}
