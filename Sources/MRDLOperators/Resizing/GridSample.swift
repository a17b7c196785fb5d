public import MRDLCore
internal import MRDLModel

/// ONNX GridSample: a tensor [N, C, …] sampled at the points of a grid [N, …, rank], whose coordinates go
/// from -1 to 1, the innermost axis first.
///
/// `mode` is linear, nearest or cubic; `padding_mode` says what lies outside: zeros, border or reflection;
/// with `align_corners` -1 and 1 are the centres of the outermost elements rather than their edges.
public struct GridSample: Operator {
  public static let name = "GridSample"
  public static let inputCount = 2...2

  enum Mode: String, CaseIterable, Sendable {
    case linear
    case nearest
    case cubic
  }

  enum Padding: String, CaseIterable, Sendable {
    case zeros
    case border
    case reflection
  }

  private let mode: Mode
  private let padding: Padding
  private let alignsCorners: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    mode = try attributes.choice("mode", default: .linear)
    padding = try attributes.choice("padding_mode", default: .zeros)
    alignsCorners = try attributes.flag("align_corners")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    _ = try operands.required(1, of: .floats)
    guard let x = try operands.shape(0, rank: 3...8),
      let grid = try operands.shape(1, rank: 3...8)
    else { return [ValueFacts(data.scalarType, nil)] }
    let message = "the grid does not fit the data"
    guard x.rank == grid.rank else {
      throw operands.shapeMismatch(
        message, found: "\(grid)", expected: Quantity.count(x.rank, "axis"))
    }
    _ = try operands.unify(x[0], grid[0], message)
    _ = try operands.unify(grid[grid.rank - 1], .fixed(x.rank - 2), message)
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape([x[0], x[1]] + Array(grid.dimensions[1..<(grid.rank - 1)])))
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type), request.inputType(1) == type else {
      throw request.unsupportedType(request.inputType(1))
    }
    let shape = request.inputShape(0)
    return GridSampleKernel(
      batch: shape[0], channels: shape[1], extents: Array(shape.dimensions[2...]),
      pointCount: request.outputShape().dimensions[2...].reduce(1, *), mode: mode,
      padding: padding, alignsCorners: alignsCorners, type: type)
  }
}

private struct GridSampleKernel: Kernel {
  let batch: Int
  let channels: Int
  let extents: [Int]
  let pointCount: Int
  let mode: GridSample.Mode
  let padding: GridSample.Padding
  let alignsCorners: Bool
  let type: ScalarType

  private var tapsPerAxis: Int {
    switch mode {
    case .linear: 2
    case .nearest: 1
    case .cubic: 4
    }
  }

  private var tapCount: Int { extents.reduce(1) { count, _ in count * tapsPerAxis } }

  /// For each tap of a point its place and its weight.
  var workspaceByteCount: Int { tapCount * 16 + extents.count * tapsPerAxis * 16 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), grid: arguments.inputBytes(1),
        output: arguments.outputBytes(0), scratch: scratch))
  }

  /// The coordinate of a grid as one of elements, brought inside as the padding says.
  private func coordinate(_ value: Double, _ extent: Int) -> Double {
    let size = Double(extent)
    let position =
      alignsCorners ? (value + 1) / 2 * (size - 1) : ((value + 1) * size - 1) / 2
    switch padding {
    case .zeros: return position
    case .border: return max(0, min(position, size - 1))
    case .reflection:
      let (low, high) = alignsCorners ? (0, size - 1) : (-0.5, size - 0.5)
      return Self.reflected(position, low, high)
    }
  }

  private static func reflected(_ value: Double, _ low: Double, _ high: Double) -> Double {
    let span = high - low
    if span <= 0 || !value.isFinite { return low }
    var distance = abs(value - low).truncatingRemainder(dividingBy: 2 * span)
    if distance > span { distance = 2 * span - distance }
    return low + distance
  }

  /// The place of an element, or nil where it counts as zero.
  private func place(_ index: Double, _ extent: Int) -> Int? {
    if index >= 0, index < Double(extent) { return Int(index) }
    switch padding {
    case .zeros: return nil
    case .border: return index < 0 ? 0 : extent - 1
    case .reflection:
      let (low, high) =
        alignsCorners ? (0, Double(extent - 1)) : (-0.5, Double(extent) - 0.5)
      return max(0, min(Int(Self.reflected(index, low, high)), extent - 1))
    }
  }

  /// The weights of the elements around a coordinate, the first of which is given.
  private func weight(_ tap: Int, _ fraction: Double) -> Double {
    switch mode {
    case .nearest: return 1
    case .linear: return tap == 0 ? 1 - fraction : fraction
    case .cubic:
      let a = -0.75
      let distance = abs(fraction + 1 - Double(tap))
      let (square, cube) = (distance * distance, distance * distance * distance)
      return distance <= 1
        ? (a + 2) * cube - (a + 3) * square + 1
        : a * cube - 5 * a * square + 8 * a * distance - 4 * a
    }
  }

  private struct Visitor: NumberVisitor {
    let kernel: GridSampleKernel
    let input: UnsafeRawBufferPointer
    let grid: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer
    let scratch: UnsafeMutableRawPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let points = grid.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let rank = kernel.extents.count
      let taps = kernel.tapsPerAxis
      let volume = kernel.extents.reduce(1, *)
      let places = scratch.assumingMemoryBound(to: Int.self)
      let weights = (scratch + kernel.tapCount * 8).assumingMemoryBound(to: Double.self)
      let axisPlaces = (scratch + kernel.tapCount * 16).assumingMemoryBound(to: Int.self)
      let axisWeights = (scratch + kernel.tapCount * 16 + rank * taps * 8)
        .assumingMemoryBound(to: Double.self)
      for sample in 0..<kernel.batch {
        for point in 0..<kernel.pointCount {
          for axis in 0..<rank {
            let given =
              points[(sample * kernel.pointCount + point) * rank + rank - 1 - axis].real
            let extent = kernel.extents[axis]
            let position = kernel.coordinate(given.isFinite ? given : -1, extent)
            let first: Double =
              switch kernel.mode {
              case .nearest: position.rounded(.toNearestOrEven)
              case .linear: position.rounded(.down)
              case .cubic: position.rounded(.down) - 1
              }
            let fraction = position - position.rounded(.down)
            for tap in 0..<taps {
              let place = kernel.place(first + Double(tap), extent)
              axisPlaces[axis * taps + tap] = place ?? 0
              axisWeights[axis * taps + tap] =
                place == nil ? 0 : kernel.weight(tap, fraction)
            }
          }
          for tap in 0..<kernel.tapCount {
            var (rest, place, scale, weight) = (tap, 0, 1, 1.0)
            for axis in (0..<rank).reversed() {
              let (quotient, index) = rest.quotientAndRemainder(dividingBy: taps)
              place += axisPlaces[axis * taps + index] * scale
              weight *= axisWeights[axis * taps + index]
              scale *= kernel.extents[axis]
              rest = quotient
            }
            places[tap] = place
            weights[tap] = weight
          }
          for channel in 0..<kernel.channels {
            let plane = (sample * kernel.channels + channel) * volume
            var sum = 0.0
            for tap in 0..<kernel.tapCount where weights[tap] != 0 {
              sum += weights[tap] * x[plane + places[tap]].real
            }
            y[(sample * kernel.channels + channel) * kernel.pointCount + point] = Number(
              nearest: sum)
          }
        }
      }
    }
  }
}
