public import MRDLCore
public import MRDLModel

/// What a model says of one sample: values with their labels, the largest first for a classification.
public struct Answer: Sendable, Hashable {
  /// One value.
  public struct Entry: Sendable, Hashable {
    /// The position along the last axis of the output.
    public let index: Int
    /// The name of the class or quantity; its position where it has no name.
    public let label: String
    /// A probability, a score or a quantity.
    public let value: Double
  }

  public let entries: [Entry]
  /// What kind of numbers the values are; nil where the model does not say.
  public let scale: OutputMeaning.Scale?

  /// The answers that lie in an output: one for each row along its last axis.
  ///
  /// Logits become probabilities by softmax, in double precision. Ties keep the order of the classes.
  ///
  /// - Parameters:
  ///   - meaning: what the model says of the output; nil for bare quantities.
  ///   - labels: used in place of those of the model.
  /// - Throws: `MRDL1304` for an output that does not hold numbers, `MRDL4001` where there are not as
  ///   many labels as values.
  public static func answers(
    in output: Tensor, meaning: OutputMeaning?, labels: [String]? = nil
  ) throws(MRDLError) -> [Answer] {
    let values = try numbers(in: output)
    let columns = output.shape.rank == 0 ? 1 : output.shape[output.shape.rank - 1]
    let names = labels ?? meaning?.labels ?? []
    guard names.isEmpty || names.count == columns else {
      throw MRDLError(
        .wrongInput, "there are not as many labels as values",
        found: Quantity.count(names.count, "label"),
        expected: "\(columns)")
    }
    guard columns > 0 else { return [] }
    return stride(from: 0, to: values.count, by: columns).map { start in
      var row = Array(values[start..<(start + columns)])
      var scale = meaning?.scale
      if scale == .logits {
        row = probabilities(of: row, scale: scale)
        scale = .probabilities
      }
      var entries = row.enumerated().map { index, value in
        Entry(index: index, label: names.isEmpty ? String(index) : names[index], value: value)
      }
      if meaning?.task == .classification || meaning?.task == .labelling {
        entries.sort { ($0.value, $1.index) > ($1.value, $0.index) }
      }
      return Answer(entries: entries, scale: scale)
    }
  }

  /// The values of a row on their scale, logits as probabilities.
  package static func probabilities(of row: [Double], scale: OutputMeaning.Scale?) -> [Double] {
    guard scale == .logits else { return row }
    let largest = row.max() ?? 0
    let powers = row.map { exponential($0 - largest) }
    let sum = powers.reduce(0, +)
    return powers.map { $0 / sum }
  }

  /// The elements of a tensor as numbers in double precision.
  package static func numbers(in output: Tensor) throws(MRDLError) -> [Double] {
    switch output.scalarType {
    case .float64: output.elements(as: Double.self)
    case .float32: output.elements(as: Float.self).map { Double($0) }
    case .float16: output.elements(as: Half.self).map { Double($0.float) }
    case .bfloat16: output.elements(as: BFloat16.self).map { Double($0.float) }
    case .int8: output.elements(as: Int8.self).map { Double($0) }
    case .int16: output.elements(as: Int16.self).map { Double($0) }
    case .int32: output.elements(as: Int32.self).map { Double($0) }
    case .int64: output.elements(as: Int64.self).map { Double($0) }
    case .uint8: output.elements(as: UInt8.self).map { Double($0) }
    case .uint16: output.elements(as: UInt16.self).map { Double($0) }
    case .uint32: output.elements(as: UInt32.self).map { Double($0) }
    case .uint64: output.elements(as: UInt64.self).map { Double($0) }
    case .bool: output.elements(as: Bool.self).map { $0 ? 1 : 0 }
    default:
      throw MRDLError(
        .unsupportedScalarType, "an output does not hold numbers that can be shown",
        found: output.scalarType.rawValue)
    }
  }
}
