internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The arrangement of predictions and targets.
///
/// Predictions are [batch, classes, places…]; every sample has one row of classes at each place.
struct LossTargets {
  let batchCount: Int
  let classCount: Int
  /// The product of the extents after the classes.
  let placeCount: Int
  /// nil where targets are numbers in the shape of the predictions.
  let classType: ScalarType?
  /// nil where all samples count alike.
  let weighting: Weighting?
  let place: Place

  /// What has a weight of its own.
  enum Weighting: Sendable {
    case sample
    /// A class of a target, or a number of it.
    case target
  }

  init(_ request: KernelRequest, first: Int) {
    let shape = request.inputShape(first)
    batchCount = shape.rank > 0 ? shape[0] : 1
    classCount = shape.rank > 1 ? shape[1] : 1
    placeCount = shape.dimensions.dropFirst(2).reduce(1, *)
    let type = request.inputType(first + 1)
    classType = type.isInteger ? type : nil
    if request.inputs.count > first + 2, request.inputs[first + 2] != nil {
      weighting = request.inputShape(first + 2).rank == 1 ? .sample : .target
    } else {
      weighting = nil
    }
    place = request.place
  }

  /// The number of rows of classes.
  var rowCount: Int { batchCount * placeCount }

  var elementCount: Int { rowCount * classCount }

  /// The place of the first class of a row among the predictions; the classes are `placeCount` apart.
  func start(ofRow row: Int) -> Int {
    row / placeCount * classCount * placeCount + row % placeCount
  }

  /// The weight of a row of classes among the weights.
  func weightIndex(ofRow row: Int) -> Int {
    weighting == .sample ? row / max(placeCount, 1) : row
  }

  /// The weight of a number of the targets among the weights.
  func weightIndex(ofElement element: Int) -> Int {
    weighting == .sample ? element / max(classCount * placeCount, 1) : element
  }

  /// 1 divided by the mean of the weights; 0 where they are all 0, so that nothing is learned.
  func weightFactor<Element: RealElement>(
    _ arguments: borrowing KernelArguments, input: Int, as type: Element.Type
  ) -> Double {
    guard weighting != nil else { return 1 }
    let weights = arguments.input(input, as: type)
    guard let first = weights.baseAddress else { return 0 }
    let sum = Element.sum(weights.count, first)
    return sum > 0 ? Double(weights.count) / sum : 0
  }

  /// The class of a row.
  ///
  /// - Throws: `MRDL4005` where there is no such class.
  func classIndex(
    _ arguments: borrowing KernelArguments, input: Int, row: Int
  ) throws(MRDLError) -> Int {
    let value: Int64
    switch classType {
    case .int64: value = arguments.input(input, as: Int64.self)[row]
    case .int32: value = Int64(arguments.input(input, as: Int32.self)[row])
    default: value = Int64(arguments.input(input, as: UInt8.self)[row])
    }
    guard value >= 0, value < Int64(classCount) else {
      throw MRDLError(
        .operatorFailed, "a target is not the number of a class", found: "\(value)",
        expected: "0 to \(classCount - 1)", at: place)
    }
    return Int(value)
  }

  /// Checks types and shapes of predictions and targets.
  ///
  /// - Returns: the type of the predictions.
  static func check(
    _ operands: Operands, first: Int, takesClasses: Bool
  ) throws(MRDLError) -> ScalarType {
    let predictions = try operands.required(first, of: .realNumbers)
    let targets = try operands.required(
      first + 1,
      of: takesClasses
        ? [predictions.scalarType, .int64, .int32, .uint8] : [predictions.scalarType]
    )
    guard let from = predictions.shape, let to = targets.shape else {
      return predictions.scalarType
    }
    var expected = from.dimensions
    if targets.scalarType.isInteger {
      guard from.rank >= 2 else {
        throw operands.shapeMismatch(
          "predictions lack an axis of classes", found: "\(from)", expected: "[batch, classes, …]")
      }
      expected.remove(at: 1)
    }
    let fits =
      expected.count == to.rank
      && zip(expected, to.dimensions).allSatisfy { left, right in
        guard let left = left.value, let right = right.value else { return true }
        return left == right
      }
    guard fits else {
      throw operands.shapeMismatch(
        "targets do not fit the predictions", found: "\(to)",
        expected: "\(SymbolicShape(expected))")
    }
    if operands.optional(first + 2) != nil {
      let weights = try operands.required(first + 2, of: [predictions.scalarType])
      guard let shape = weights.shape, shape.rank == 1 || shape.rank == to.rank else {
        throw operands.shapeMismatch(
          "weights do not fit the targets", found: weights.shape?.description ?? "no shape",
          expected: "one for each sample, or \(to)")
      }
      for (left, right) in zip(shape.dimensions, to.dimensions) {
        _ = try operands.unify(left, right, "weights do not fit the targets")
      }
    }
    return predictions.scalarType
  }
}
