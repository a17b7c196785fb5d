public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX DeformConv: a convolution whose taps are moved by offsets and weighted by a mask (Dai et al., 2017;
/// Zhu et al., 2018).
///
/// Inputs: X [N, C, …], W [M, C / group, …], offsets [N, offset_group · taps · axes, …], maybe B [M] and a mask
/// [N, offset_group · taps, …]. Output: Y [N, M, …]. What lies between elements is interpolated linearly;
/// outside of X there are zeros.
public struct DeformConv: Operator {
  public static let name = "DeformConv"
  public static let inputCount = 3...5

  private let window: WindowAttributes
  private let group: Int
  private let offsetGroup: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: false)
    group = try attributes.integer("group", default: 1, in: 1...(1 << 30))
    offsetGroup = try attributes.integer("offset_group", default: 1, in: 1...(1 << 30))
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...4, among: .floats)
    guard let x = try operands.shape(0, rank: 3...5), let w = try operands.shape(1, rank: 3...5)
    else { return [ValueFacts(type, nil)] }
    guard w.rank == x.rank else {
      throw operands.shapeMismatch("the weights do not fit the input", found: "\(w)")
    }
    if let channels = x[1].value {
      for (name, count) in [("group", group), ("offset_group", offsetGroup)]
      where channels % count != 0 {
        throw operands.badAttribute(
          "attribute \"\(name)\" does not divide the channels", found: "\(count)",
          expected: "a divisor of \(channels)")
      }
      _ = try operands.unify(
        w[1], .fixed(channels / group), "the weights do not fit the channels")
    }
    if let filters = w[0].value, filters % group != 0 {
      throw operands.badAttribute(
        "attribute \"group\" does not divide the filters", found: "\(group)",
        expected: "a divisor of \(filters)")
    }
    try operands.checkVector(3, extent: w[0], "there is not one bias for each filter")
    let kernel = w.dimensions[2...].compactMap(\.value)
    guard kernel.count == x.rank - 2 else { return [ValueFacts(type, nil)] }
    let output = try window.output(Array(x.dimensions[2...]), kernel: kernel, operands)
    var taps = offsetGroup
    for extent in kernel {
      guard let product = taps.multipliedChecked(by: extent) else {
        throw operands.shapeMismatch("the window is too large", found: "\(kernel)")
      }
      taps = product
    }
    for (index, count) in [(2, taps.multipliedChecked(by: kernel.count) ?? .max), (4, taps)]
    where operands.optional(index) != nil {
      guard let given = try operands.shape(index, rank: x.rank...x.rank) else { continue }
      let expected = [x[0], .fixed(count)] + output
      for axis in given.dimensions.indices {
        _ = try operands.unify(
          given[axis], expected[axis],
          index == 2 ? "the offsets do not fit" : "the mask does not fit")
      }
    }
    return [ValueFacts(type, SymbolicShape([x[0], w[0]] + output))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let w = inputs[1]?.concreteShape, let y = outputs[0]?.concreteShape else { return Cost() }
    let taps = w.dimensions[1...].reduce(1, *)
    // Each sample is made of 2ⁿ elements once, then used by every filter.
    let samples = Cost.product(taps, group, y.dimensions[2...].reduce(y[0], *), 1 << (w.rank - 2))
    return Cost(multiplyAdds: Cost.product(y.elementCount, taps)) + Cost(multiplyAdds: samples)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let (input, weights) = (request.inputShape(0), request.inputShape(1))
    return DeformConvKernel(
      type: type, input: input, filterCount: weights[0], group: group, offsetGroup: offsetGroup,
      window: window.window(
        input: Array(input.dimensions[2...]), kernel: Array(weights.dimensions[2...])))
  }
}

/// Gathers the samples of all taps as the columns of a matrix, then multiplies by the weights.
private struct DeformConvKernel: Kernel {
  private let type: ScalarType
  private let input: Shape
  private let filterCount: Int
  private let group: Int
  private let offsetGroup: Int
  private let axes: [Axis]
  /// How many axes the input has; the others of the three have one element.
  private let rank: Int
  /// Where the taps stand along the three axes, tap by tap.
  private let taps: [[Int]]
  private let inputVolume: Int
  private let outputVolume: Int
  private let product: MatrixProduct

  typealias Axis = (input: Int, output: Int, kernel: Int, stride: Int, dilation: Int, begin: Int)

  init(
    type: ScalarType, input: Shape, filterCount: Int, group: Int, offsetGroup: Int, window: Window
  ) {
    self.type = type
    self.input = input
    self.filterCount = filterCount
    self.group = group
    self.offsetGroup = offsetGroup
    axes = window.axes
    rank = input.rank - 2
    var taps: [[Int]] = [[]]
    for axis in window.axes {
      taps = taps.flatMap { tap in (0..<axis.kernel).map { tap + [$0 * axis.dilation] } }
    }
    self.taps = taps
    inputVolume = window.inputVolume
    outputVolume = window.outputVolume
    product = MatrixProduct(
      type, rows: filterCount / group, columns: outputVolume,
      depth: input[1] / group * taps.count)
  }

  private var columnByteCount: Int {
    (input[1] * taps.count * outputVolume * type.bitWidth / 8).roundedUp(toMultipleOf: 64)
  }

  var workspaceByteCount: Int { columnByteCount + product.workspaceByteCount }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    if type == .float32 {
      run(arguments, Float.self)
    } else {
      run(arguments, Double.self)
    }
  }

  private func run<Scalar: BinaryFloatingPoint & TensorElement>(
    _ arguments: borrowing KernelArguments, _ scalar: Scalar.Type
  ) {
    guard let workspace = arguments.workspace.baseAddress,
      let output = arguments.outputBytes(0).baseAddress,
      let weights = arguments.inputBytes(1).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    let columns = workspace.assumingMemoryBound(to: scalar)
    let x = arguments.input(0, as: scalar)
    let offsets = arguments.input(2, as: scalar)
    let y = arguments.output(0, as: scalar)
    let channelsPerOffset = input[1] / offsetGroup
    let depth = input[1] / group * taps.count
    let filters = filterCount / group
    for image in 0..<input[0] {
      for offsetIndex in 0..<(offsetGroup * taps.count) {
        let (part, tap) = offsetIndex.quotientAndRemainder(dividingBy: taps.count)
        let weighted = (image * offsetGroup * taps.count + offsetIndex) * outputVolume
        let firstOffset = weighted * rank
        for place in 0..<outputVolume {
          let mask =
            arguments.hasInput(4)
            ? Double(arguments.input(4, as: scalar)[weighted + place]) : 1
          let sample = Sample(axes, taps[tap], place) { axis in
            let index = axis + rank - 3
            return index < 0 ? 0 : Double(offsets[firstOffset + index * outputVolume + place])
          }
          for channel in (part * channelsPerOffset)..<((part + 1) * channelsPerOffset) {
            let plane = (image * input[1] + channel) * inputVolume
            let value = sample.value { Double(x[plane + $0]) }
            columns[(channel * taps.count + tap) * outputVolume + place] = Scalar(value * mask)
          }
        }
      }
      for index in 0..<group {
        let target = (image * filterCount + index * filters) * outputVolume
        product.run(
          left: weights + index * filters * depth * MemoryLayout<Scalar>.stride,
          right: columns + index * depth * outputVolume,
          output: output + target * MemoryLayout<Scalar>.stride,
          workspace: workspace + columnByteCount, threadLimit: arguments.threadLimit)
      }
      guard arguments.hasInput(3) else { continue }
      let bias = arguments.input(3, as: scalar)
      for filter in 0..<filterCount {
        let first = (image * filterCount + filter) * outputVolume
        for place in 0..<outputVolume { y[first + place] += bias[filter] }
      }
    }
  }

  /// A point between elements of a plane of up to three axes.
  private struct Sample {
    /// The lower neighbour along each axis, and the distance from it.
    private var low = (0, 0, 0)
    private var rest = (0.0, 0.0, 0.0)
    private var extents = (1, 1, 1)
    private var isInside = true

    /// - Parameter offset: how far the tap is moved along an axis.
    init(_ axes: [Axis], _ tap: [Int], _ place: Int, _ offset: (Int) -> Double) {
      var place = place
      for index in axes.indices.reversed() {
        let axis = axes[index]
        let (next, position) = place.quotientAndRemainder(dividingBy: axis.output)
        place = next
        let point = Double(position * axis.stride - axis.begin + tap[index]) + offset(index)
        // Also false for what is not a number.
        guard point > -1, point < Double(axis.input) else {
          isInside = false
          return
        }
        let floor = point.rounded(.down)
        switch index {
        case 0: (low.0, rest.0, extents.0) = (Int(floor), point - floor, axis.input)
        case 1: (low.1, rest.1, extents.1) = (Int(floor), point - floor, axis.input)
        default: (low.2, rest.2, extents.2) = (Int(floor), point - floor, axis.input)
        }
      }
    }

    /// The interpolated value.
    @inline(__always)
    func value(_ element: (Int) -> Double) -> Double {
      guard isInside else { return 0 }
      var sum = 0.0
      for corner in 0..<8 {
        let a = low.0 + (corner >> 2)
        let b = low.1 + ((corner >> 1) & 1)
        let c = low.2 + (corner & 1)
        let first = corner & 4 == 0 ? 1 - rest.0 : rest.0
        let second = corner & 2 == 0 ? 1 - rest.1 : rest.1
        let third = corner & 1 == 0 ? 1 - rest.2 : rest.2
        let weight = first * second * third
        guard weight != 0, a >= 0, b >= 0, c >= 0, a < extents.0, b < extents.1, c < extents.2
        else { continue }
        sum += weight * element((a * extents.1 + b) * extents.2 + c)
      }
      return sum
    }
  }
}
