internal import MRDLCore
internal import MRDLNumerics

/// Resize with the coordinate transformation `tf_crop_and_resize`: each axis shows the part of the input
/// between two corners, which input 1 gives as fractions of the distance between the first element and the
/// last: the first corners of all axes, then the last ones. What lies outside has a value of its own.
struct CroppingKernel: Kernel {
  fileprivate static let tapLimit = 4

  let input: Shape
  let output: Shape
  /// The axes that input 1 speaks of.
  let axes: [Int]
  let resize: Resize
  let type: ScalarType
  let regionType: ScalarType

  /// For each index of each axis of the output: where its elements lie, what they weigh, and whether the index
  /// lies inside.
  private var indexCount: Int { output.dimensions.reduce(0, +) }

  var workspaceByteCount: Int { indexCount * (2 * Self.tapLimit + 1) * 8 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let base = arguments.workspace.baseAddress else { return }
    let places = base.assumingMemoryBound(to: Int.self)
    let weights = (base + indexCount * Self.tapLimit * 8).assumingMemoryBound(to: Double.self)
    let insides = (base + indexCount * 2 * Self.tapLimit * 8).assumingMemoryBound(to: Int.self)
    let table = CroppingTable(places: places, weights: weights, insides: insides)
    var first = 0
    var stride = input.elementCount
    for axis in 0..<input.rank {
      stride /= max(input[axis], 1)
      for index in 0..<output[axis] {
        fill(table, first + index, index, axis, stride, arguments)
      }
      first += output[axis]
    }
    try type.accept(
      Visitor(
        kernel: self, table: table, input: arguments.inputBytes(0),
        output: arguments.outputBytes(0)))
  }

  private func fill(
    _ table: CroppingTable, _ row: Int, _ index: Int, _ axis: Int, _ stride: Int,
    _ arguments: borrowing KernelArguments
  ) {
    for tap in 0..<Self.tapLimit {
      table.places[row * Self.tapLimit + tap] = 0
      table.weights[row * Self.tapLimit + tap] = 0
    }
    table.insides[row] = 1
    let last = input[axis] - 1
    func set(_ tap: Int, _ position: Int, _ weight: Double) {
      table.places[row * Self.tapLimit + tap] = min(max(position, 0), last) * stride
      table.weights[row * Self.tapLimit + tap] = weight
    }
    guard let number = axes.firstIndex(of: axis) else { return set(0, index, 1) }
    func corner(_ index: Int) -> Double {
      regionType == .float32
        ? Double(arguments.input(1, as: Float.self)[index])
        : arguments.input(1, as: Double.self)[index]
    }
    let (start, end) = (corner(number), corner(number + axes.count))
    let length = Double(last)
    let point =
      output[axis] > 1
      ? start * length + Double(index) * (end - start) * length / Double(output[axis] - 1)
      : 0.5 * (start + end) * length
    guard point >= 0, point <= length else {
      table.insides[row] = 0
      return
    }
    let floor = point.rounded(.down)
    let rest = point - floor
    switch resize.mode {
    case .nearest:
      let rounded =
        switch resize.rounding {
        case .roundPreferFloor: (point - 0.5).rounded(.up)
        case .roundPreferCeil: (point + 0.5).rounded(.down)
        case .floor: floor
        case .ceil: point.rounded(.up)
        }
      set(0, Int(rounded), 1)
    case .linear:
      set(0, Int(floor), 1 - rest)
      set(1, Int(floor) + 1, rest)
    case .cubic:
      let filter = ResamplingTable.Filter.cubic(a: resize.cubicCoefficient)
      var total = 0.0
      for tap in 0..<4 {
        let position = Int(floor) + tap - 1
        if resize.excludesOutside && (position < 0 || position > last) { continue }
        let weight = filter.weight(Double(position) - point)
        total += weight
        set(tap, position, weight)
      }
      guard resize.excludesOutside, total != 0 else { return }
      for tap in 0..<4 { table.weights[row * Self.tapLimit + tap] /= total }
    }
  }

  /// What `fill` fills.
  struct CroppingTable {
    let places: UnsafeMutablePointer<Int>
    let weights: UnsafeMutablePointer<Double>
    let insides: UnsafeMutablePointer<Int>
  }

  private struct Visitor: NumberVisitor {
    let kernel: CroppingKernel
    let table: CroppingTable
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      fill(0, 0, 0, true, x, output.assumingMemoryBound(to: type))
    }

    /// Fills what lies at one index of each axis before `axis`.
    private func fill<Number: WrappingNumber>(
      _ axis: Int, _ first: Int, _ target: Int, _ isInside: Bool,
      _ x: UnsafeBufferPointer<Number>, _ y: UnsafeMutableBufferPointer<Number>
    ) {
      let extents = kernel.output.dimensions
      if axis == extents.count {
        if !isInside {
          y[target] = Number(nearest: kernel.resize.extrapolationValue)
        } else if kernel.resize.mode == .nearest {
          var (place, row, rest) = (0, 0, target)
          var volume = kernel.output.elementCount
          for extent in extents {
            volume /= extent
            let (index, next) = rest.quotientAndRemainder(dividingBy: volume)
            place += table.places[(row + index) * CroppingKernel.tapLimit]
            (rest, row) = (next, row + extent)
          }
          y[target] = x[place]
        } else {
          y[target] = Number(nearest: value(0, 0, 0, target, kernel.output.elementCount, x))
        }
        return
      }
      for index in 0..<extents[axis] {
        fill(
          axis + 1, first + extents[axis], target * extents[axis] + index,
          isInside && table.insides[first + index] == 1, x, y)
      }
    }

    /// The sum over the taps of the axes from `axis` on.
    private func value<Number: WrappingNumber>(
      _ axis: Int, _ first: Int, _ place: Int, _ rest: Int, _ volume: Int,
      _ x: UnsafeBufferPointer<Number>
    ) -> Double {
      let extents = kernel.output.dimensions
      guard axis < extents.count else { return x[place].real }
      let volume = volume / extents[axis]
      let (index, rest) = rest.quotientAndRemainder(dividingBy: volume)
      var sum = 0.0
      for tap in 0..<CroppingKernel.tapLimit {
        let entry = (first + index) * CroppingKernel.tapLimit + tap
        let weight = table.weights[entry]
        if weight == 0 { continue }
        sum +=
          weight
          * value(axis + 1, first + extents[axis], place + table.places[entry], rest, volume, x)
      }
      return sum
    }
  }
}
