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
  let place: Place

  init(_ request: KernelRequest, first: Int) {
    let shape = request.inputShape(first)
    batchCount = shape.rank > 0 ? shape[0] : 1
    classCount = shape.rank > 1 ? shape[1] : 1
    placeCount = shape.dimensions.dropFirst(2).reduce(1, *)
    let type = request.inputType(first + 1)
    classType = type.isInteger ? type : nil
    place = request.place
  }

  /// The number of rows of classes.
  var rowCount: Int { batchCount * placeCount }

  var elementCount: Int { rowCount * classCount }

  /// The place of the first class of a row among the predictions; the classes are `placeCount` apart.
  func start(ofRow row: Int) -> Int {
    row / placeCount * classCount * placeCount + row % placeCount
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
    return predictions.scalarType
  }
}
