package import MRDLCore
internal import MRDLTraining

/// Rows of arrays as samples of a trainer. Nothing is copied before a batch is made, so that mapped arrays are read
/// from the disk as they are needed.
package struct ArraySamples: QuantitySamples {
  /// What is asked of a sample.
  package enum Targets: Sendable {
    /// The class of each row, or as a number of 0 or 1.
    case classes([Int], isBinary: Bool)
    /// Quantities, in an array [samples, …] of real numbers, with what is done to each.
    case quantities(Tensor, Standardization?)
  }

  private let inputs: Tensor
  private let targets: Targets
  private let rows: [Int]
  package let inputShape: Shape
  package let targetShape: Shape?

  /// - Parameters:
  ///   - inputs: [samples, …].
  ///   - rows: the samples.
  package init(inputs: Tensor, targets: Targets, rows: [Int]) {
    self.inputs = inputs
    self.targets = targets
    self.rows = rows
    inputShape = Shape(Array(inputs.shape.dimensions.dropFirst()))
    switch targets {
    case .classes(_, let isBinary): targetShape = isBinary ? Shape([1]) : nil
    case .quantities(let tensor, _):
      targetShape = Shape([tensor.shape.elementCount / max(tensor.shape[0], 1)])
    }
  }

  package var sampleCount: Int { rows.count }

  package func label(ofSample index: Int) -> Int {
    guard case .classes(let labels, _) = targets else { return 0 }
    return labels[rows[index]]
  }

  package func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    ArrayRow.copy(rows[index], of: inputs, into: &target)
  }

  package func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    switch targets {
    case .classes: target[0] = Float(label(ofSample: index))
    case .quantities(let tensor, let scaling):
      ArrayRow.copy(rows[index], of: tensor, into: &target)
      guard let scaling else { return }
      for offset in 0..<target.count {
        target[offset] = Float(
          (Double(target[offset]) - scaling.mean[offset]) / scaling.deviation[offset])
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
