package import CMRDLKernels

/// How a window moves over the one to three spatial axes of an NC… tensor, in convolution and pooling.
///
/// Output position o of an axis sees the input positions o · stride − begin + t · dilation for
/// 0 ≤ t < kernel; positions outside the input are padding.
package struct Window: Sendable {
  package let geometry: mrdl_window

  /// - Parameters: one value for each spatial axis, outermost first; the output sizes are the caller's,
  ///   so that every rule of rounding can be had.
  /// - Precondition: one to three axes, all lists of equal length; kernel, strides and dilations are
  ///   positive, the rest is not negative.
  package init(
    input: [Int], output: [Int], kernel: [Int], strides: [Int], dilations: [Int],
    padsBegin: [Int], padsEnd: [Int]
  ) {
    let rank = input.count
    precondition((1...3).contains(rank), "a window over \(rank) axes")
    for list in [output, kernel, strides, dilations, padsBegin, padsEnd] {
      precondition(list.count == rank, "a window with lists of different lengths")
    }
    precondition(
      (kernel + strides + dilations).allSatisfy { $0 > 0 }
        && (input + output + padsBegin + padsEnd).allSatisfy { $0 >= 0 },
      "a window with sizes out of range")
    func extent(_ list: [Int], _ missing: Int) -> mrdl_extent {
      let full = [Int](repeating: missing, count: 3 - rank) + list
      return mrdl_extent(depth: full[0], height: full[1], width: full[2])
    }
    geometry = mrdl_window(
      input: extent(input, 1), output: extent(output, 1), kernel: extent(kernel, 1),
      stride: extent(strides, 1), dilation: extent(dilations, 1), begin: extent(padsBegin, 0),
      end: extent(padsEnd, 0))
  }

  /// The sizes of the three axes, outermost first; missing ones are 1.
  package var axes: [(input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, begin: Int)]
  {
    let g = geometry
    return [
      (
        g.input.depth, g.output.depth, g.kernel.depth, g.stride.depth, g.dilation.depth,
        g.begin.depth
      ),
      (
        g.input.height, g.output.height, g.kernel.height, g.stride.height, g.dilation.height,
        g.begin.height
      ),
      (
        g.input.width, g.output.width, g.kernel.width, g.stride.width, g.dilation.width,
        g.begin.width
      ),
    ]
  }

  /// Elements of one channel of the input.
  package var inputVolume: Int { geometry.input.volume }
  /// Elements of one channel of the output.
  package var outputVolume: Int { geometry.output.volume }
  /// Places in the window.
  package var kernelVolume: Int { geometry.kernel.volume }

  /// Whether every output position sees the input position of the same index and no other.
  package var isPointwise: Bool {
    kernelVolume == 1 && geometry.stride.volume == 1
      && [geometry.begin, geometry.end].allSatisfy {
        $0.depth == 0 && $0.height == 0 && $0.width == 0
      } && inputVolume == outputVolume
  }
}

extension mrdl_extent {
  package var volume: Int { depth * height * width }
}
