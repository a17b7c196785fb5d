internal import CMRDLKernels

/// The planes of a convolution at stride 1, with their padding around them.
///
/// The output position (z, y, x) is given the place of the first element that its window sees, so that output
/// planes have the rows of the padded input, with gaps between them. Place k in the window then sees the
/// padded plane shifted by a constant, whatever the position: a convolution and both its derivatives are
/// products with shifted views of one array, and nothing is packed.
package struct PaddedPlanes: Sendable {
  private let window: Window
  /// The extents of a padded plane.
  private let height: Int
  private let width: Int
  /// Elements of one padded plane.
  package let volume: Int
  /// Elements of an output plane from its first position to its last, gaps included.
  package let columnCount: Int
  /// How far the last place in the window looks ahead.
  package let lastShift: Int
  /// Where the first element of the input lies in its padded plane, and how many elements there are from it
  /// to the last, gaps included.
  package let inputStart: Int
  package let inputSpan: Int

  /// Elements that a padded plane may always have, and how many times those of the input and the output
  /// together where it has more.
  private static let smallVolume = 65_536
  private static let mostPadding = 4

  /// - Returns: nil where windows do not move by one, where gaps would be more than half of an output, or
  ///   where a plane would be nearly all padding, as that of a large dilation is.
  package init?(_ window: Window) {
    let axes = window.axes
    guard axes.allSatisfy({ $0.stride == 1 }), window.outputVolume > 0, window.inputVolume > 0
    else { return nil }
    self.window = window
    let padded = axes.map { max($0.begin + $0.input, $0.output + ($0.kernel - 1) * $0.dilation) }
    let (height, width) = (padded[1], padded[2])
    func place(_ z: Int, _ y: Int, _ x: Int) -> Int { (z * height + y) * width + x }
    (self.height, self.width) = (height, width)
    let (area, areaOverflows) = height.multipliedReportingOverflow(by: width)
    let (volume, overflows) = area.multipliedReportingOverflow(by: padded[0])
    let content = window.inputVolume + window.outputVolume
    guard !areaOverflows, !overflows,
      volume <= Self.smallVolume || volume / Self.mostPadding <= content
    else { return nil }
    self.volume = volume
    columnCount = place(axes[0].output - 1, axes[1].output - 1, axes[2].output - 1) + 1
    lastShift = place(
      (axes[0].kernel - 1) * axes[0].dilation, (axes[1].kernel - 1) * axes[1].dilation,
      (axes[2].kernel - 1) * axes[2].dilation)
    inputStart = place(axes[0].begin, axes[1].begin, axes[2].begin)
    inputSpan = place(axes[0].input - 1, axes[1].input - 1, axes[2].input - 1) + 1
    if columnCount > 2 * window.outputVolume { return nil }
  }

  /// How far each place in the window looks ahead, for the planes of some channels one after the other.
  package func shifts(channels: Int) -> [Int] {
    let axes = window.axes
    var result: [Int] = []
    result.reserveCapacity(channels * window.kernelVolume)
    for channel in 0..<channels {
      for z in 0..<axes[0].kernel {
        for y in 0..<axes[1].kernel {
          for x in 0..<axes[2].kernel {
            let row = z * axes[0].dilation * height + y * axes[1].dilation
            result.append(channel * volume + row * width + x * axes[2].dilation)
          }
        }
      }
    }
    return result
  }

  /// Whether a padded plane is the plane itself.
  private var isBare: Bool { volume == window.inputVolume }

  /// Writes the planes of an input into padded ones, whose padding is left as it is.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func pad<Scalar: KernelScalar>(
    _ input: UnsafePointer<Scalar>, channels: Int, into padded: UnsafeMutablePointer<Scalar>
  ) {
    if isBare {
      padded.update(from: input, count: channels * volume)
      return
    }
    let extent = window.geometry.input
    for channel in 0..<channels {
      for z in 0..<extent.depth {
        Scalar.copyRows(
          extent.height, columns: extent.width,
          from: input + (channel * extent.depth + z) * extent.height * extent.width,
          rowStride: extent.width,
          to: padded + channel * volume + inputStart + z * height * width, rowStride: width)
      }
    }
  }

  /// Writes dense output planes into planes with gaps, which are left as they are.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func spread<Scalar: KernelScalar>(
    _ output: UnsafePointer<Scalar>, channels: Int, into spread: UnsafeMutablePointer<Scalar>,
    stride: Int
  ) {
    let extent = window.geometry.output
    for channel in 0..<channels {
      for z in 0..<extent.depth {
        Scalar.copyRows(
          extent.height, columns: extent.width,
          from: output + (channel * extent.depth + z) * extent.height * extent.width,
          rowStride: extent.width, to: spread + channel * stride + z * height * width,
          rowStride: width)
      }
    }
  }

  /// Takes dense output planes out of planes with gaps.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func collect<Scalar: KernelScalar>(
    _ spread: UnsafePointer<Scalar>, stride: Int, channels: Int,
    into output: UnsafeMutablePointer<Scalar>
  ) {
    collect(spread, stride, window.geometry.output, channels, output)
  }

  /// Takes the planes of an input out of planes that begin with its first element.
  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  package func collectInput<Scalar: KernelScalar>(
    _ spread: UnsafePointer<Scalar>, stride: Int, channels: Int,
    into input: UnsafeMutablePointer<Scalar>
  ) {
    collect(spread, stride, window.geometry.input, channels, input)
  }

  @specialized(where Scalar == Float)
  @specialized(where Scalar == Double)
  private func collect<Scalar: KernelScalar>(
    _ spread: UnsafePointer<Scalar>, _ stride: Int, _ extent: mrdl_extent, _ channels: Int,
    _ dense: UnsafeMutablePointer<Scalar>
  ) {
    for channel in 0..<channels {
      for z in 0..<extent.depth {
        Scalar.copyRows(
          extent.height, columns: extent.width,
          from: spread + channel * stride + z * height * width, rowStride: width,
          to: dense + (channel * extent.depth + z) * extent.height * extent.width,
          rowStride: extent.width)
      }
    }
  }
}
