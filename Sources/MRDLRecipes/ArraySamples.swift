package import MRDLCore
internal import MRDLTraining

/// Rows of arrays as samples of a trainer. Nothing is copied before a batch is made, so that mapped arrays are read
/// from the disk as they are needed.
package struct ArraySamples: QuantitySamples {
  /// What is asked of a sample.
  package enum Targets: Sendable {
    /// The class of each row, or of each step of each row, or as a number of 0 or 1; −1 for none.
    case classes([Int], isBinary: Bool)
    /// Quantities, in an array [samples, …] of real numbers, with what is done to each.
    case quantities(Tensor, Standardization?)
  }

  /// What the steps of samples are.
  package struct Steps: Sendable {
    /// How many of them have targets of their own, nil where the whole sample has.
    package var count: Int?
    /// How many steps of each row are real; empty where all are.
    package var lengths: [Int]

    /// Targets of a sample.
    package var targetCount: Int { count ?? 1 }
  }

  private let inputs: Tensor
  private let targets: Targets
  private let rows: [Int]
  private let steps: Steps?
  /// The series that each row of the arrays is a piece of; empty where all are of one.
  private let series: [Int]
  package let inputShape: Shape
  package let targetShape: Shape?
  package let labelShape: Shape

  /// - Parameters:
  ///   - inputs: [samples, …].
  ///   - rows: the samples.
  ///   - series: which series each row is a piece of; empty where all are of one.
  package init(
    inputs: Tensor, targets: Targets, rows: [Int], steps: Steps? = nil, series: [Int] = []
  ) {
    self.inputs = inputs
    self.targets = targets
    self.rows = rows
    self.series = series
    self.steps = steps
    let stepShape = steps?.count.map { [$0] } ?? []
    labelShape = Shape(stepShape)
    inputShape = Shape(Array(inputs.shape.dimensions.dropFirst()))
    switch targets {
    case .classes(_, let isBinary): targetShape = isBinary ? Shape(stepShape + [1]) : nil
    case .quantities(let tensor, _):
      let count = tensor.shape.elementCount / max(tensor.shape[0] * (steps?.targetCount ?? 1), 1)
      targetShape = Shape(stepShape + [count])
    }
  }

  package var sampleCount: Int { rows.count }

  package func continues(atSample index: Int) -> Bool {
    index > 0 && rows[index] == rows[index - 1] + 1
      && (series.isEmpty || series[rows[index]] == series[rows[index - 1]])
  }

  package func label(ofSample index: Int) -> Int {
    guard case .classes(let labels, _) = targets else { return 0 }
    return labels[rows[index]]
  }

  package func copyLabels(ofSample index: Int, into target: inout MutableSpan<Int32>) {
    guard case .classes(let labels, _) = targets else { return }
    for step in 0..<target.count {
      // Of a step without a class no loss is taken, whatever it says.
      target[step] = Int32(truncatingIfNeeded: max(labels[rows[index] * target.count + step], 0))
    }
  }

  package var hasLengths: Bool { !(steps?.lengths.isEmpty ?? true) }

  package func length(ofSample index: Int) -> Int { steps?.lengths[rows[index]] ?? 0 }

  package var weightShape: Shape? { steps?.count == nil ? nil : targetShape ?? labelShape }

  /// 1 for what is real and known, else 0.
  package func copyWeights(ofSample index: Int, into target: inout MutableSpan<Float>) {
    let row = rows[index]
    let stepCount = steps?.targetCount ?? 1
    let real = hasLengths ? min(length(ofSample: index), stepCount) : stepCount
    let columns = target.count / max(stepCount, 1)
    switch targets {
    case .classes(let labels, _):
      for step in 0..<stepCount {
        target[step] = step < real && labels[row * stepCount + step] >= 0 ? 1 : 0
      }
    case .quantities(let tensor, _):
      ArrayRow.copy(row, of: tensor, into: &target)
      for place in 0..<target.count {
        target[place] = place / columns < real && !target[place].isNaN ? 1 : 0
      }
    }
  }

  package func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    ArrayRow.copy(rows[index], of: inputs, into: &target)
  }

  package func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    switch targets {
    case .classes(let labels, _):
      for step in 0..<target.count {
        target[step] = Float(max(labels[rows[index] * target.count + step], 0))
      }
    case .quantities(let tensor, let scaling):
      ArrayRow.copy(rows[index], of: tensor, into: &target)
      // A quantity that is not known stands for the mean, without a weight; a sample that is one thing
      // keeps what is wrong with it, for the loss to tell.
      let isMasked = steps?.count != nil
      for offset in 0..<target.count {
        if isMasked, target[offset].isNaN {
          target[offset] = 0
        } else if let scaling {
          let column = offset % scaling.mean.count
          target[offset] = Float(
            (Double(target[offset]) - scaling.mean[column]) / scaling.deviation[column])
        }
      }
    }
  }

  package func quantities(ofSample index: Int) -> [Double] {
    guard case .quantities(let tensor, _) = targets else { return [] }
    var values = [Float](repeating: 0, count: targetShape?.elementCount ?? 0)
    var span = values.mutableSpan
    ArrayRow.copy(rows[index], of: tensor, into: &span)
    return values.map(Double.init)
  }
}

/// Rows of arrays of any type of numbers.
enum ArrayRow {
  /// Whether rows of such an array can be read.
  static func isReadable(_ type: ScalarType) -> Bool {
    switch type {
    case .float32, .float64, .float16, .bfloat16, .uint8, .int8, .uint16, .int16, .uint32, .int32,
      .uint64, .int64, .bool:
      true
    default: false
    }
  }

  static func isWhole(_ type: ScalarType) -> Bool { isReadable(type) && !type.isFloatingPoint }

  /// The number of a row that holds one.
  static func number(_ row: Int, of tensor: Tensor) -> Double {
    var value: [Float] = [0]
    var span = value.mutableSpan
    copy(row, of: tensor, into: &span)
    return Double(value[0])
  }

  /// Writes a row as `f32`.
  static func copy(_ row: Int, of tensor: Tensor, into target: inout MutableSpan<Float>) {
    switch tensor.scalarType {
    case .float32: write(row, tensor, &target) { (x: Float) in x }
    case .float64: write(row, tensor, &target) { (x: Double) in Float(x) }
    case .float16: write(row, tensor, &target) { (x: Half) in x.float }
    case .bfloat16: write(row, tensor, &target) { (x: BFloat16) in x.float }
    case .uint8: write(row, tensor, &target) { (x: UInt8) in Float(x) }
    case .int8: write(row, tensor, &target) { (x: Int8) in Float(x) }
    case .uint16: write(row, tensor, &target) { (x: UInt16) in Float(x) }
    case .int16: write(row, tensor, &target) { (x: Int16) in Float(x) }
    case .uint32: write(row, tensor, &target) { (x: UInt32) in Float(x) }
    case .int32: write(row, tensor, &target) { (x: Int32) in Float(x) }
    case .uint64: write(row, tensor, &target) { (x: UInt64) in Float(x) }
    case .int64: write(row, tensor, &target) { (x: Int64) in Float(x) }
    case .bool: write(row, tensor, &target) { (x: Bool) in x ? 1 : 0 }
    default: preconditionFailure("rows of \(tensor.scalarType.rawValue)")
    }
  }

  private static func write<Element: TensorElement>(
    _ row: Int, _ tensor: Tensor, _ target: inout MutableSpan<Float>,
    _ number: (Element) -> Float
  ) {
    let source = tensor.span(of: Element.self)
    let start = row * target.count
    for offset in 0..<target.count { target[offset] = number(source[start + offset]) }
  }
}
