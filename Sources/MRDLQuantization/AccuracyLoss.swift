package import MRDLCore
package import MRDLModel
internal import MRDLRuntime

/// How far the answers of a model are from those of another one on the same inputs.
package struct AccuracyLoss: Sendable {
  package let sampleCount: Int
  /// The share of the samples whose largest value stands at the same place, in the first output where it has
  /// rows of several values; nil where it has none.
  package private(set) var agreement: Double?
  /// |found − expected| over all elements of all outputs.
  package private(set) var largestError = 0.0
  package private(set) var meanError = 0.0
  /// The largest |expected|, to hold errors against.
  package private(set) var largestValue = 0.0

  /// Runs both models.
  ///
  /// - Throws: an error of running.
  package init(
    of model: Model, against reference: Model, on data: CalibrationData
  ) throws(MRDLError) {
    var expected = Session(try Program(data.prepared(reference)))
    var found = Session(try Program(data.prepared(model)))
    sampleCount = data.sampleCount
    var (rows, equalRows, elements, sum) = (0, 0, 0, 0.0)
    let first = reference.graph.outputs.first?.name
    for batch in data.batches {
      let left = Self.tensors(in: try expected.run(values: batch))
      let right = Self.tensors(in: try found.run(values: batch))
      guard left.map(\.name) == right.map(\.name) else {
        throw MRDLError(
          .wrongInput, "the outputs are not of the same tensors",
          found: Quantity.count(right.count, "tensor"),
          expected: "\(left.count)")
      }
      for ((name, tensor), (_, other)) in zip(left, right) {
        guard other.shape == tensor.shape else {
          throw MRDLError(
            .wrongInput, "an output changed its shape", found: "\"\(name)\", \(other.shape)",
            expected: "\(tensor.shape)")
        }
        let a = try Answer.numbers(in: tensor)
        let b = try Answer.numbers(in: other)
        for (x, y) in zip(a, b) where x != y && !(x.isNaN && y.isNaN) {
          let error = abs(x - y)
          largestError = error.isNaN ? .infinity : max(largestError, error)
          sum += error
        }
        elements += a.count
        for x in a where abs(x) > largestValue { largestValue = abs(x) }
        if name == first, tensor.shape.rank > 1, let columns = tensor.shape.dimensions.last,
          columns > 1
        {
          for start in stride(from: 0, to: a.count, by: columns) {
            rows += 1
            if Self.position(a[start..<(start + columns)])
              == Self.position(b[start..<(start + columns)])
            {
              equalRows += 1
            }
          }
        }
      }
    }
    meanError = elements == 0 ? 0 : sum / Double(elements)
    agreement = rows == 0 ? nil : Double(equalRows) / Double(rows)
  }

  /// The tensors of all outputs, each with the name of its output.
  private static func tensors(
    in outputs: [String: GraphValue]
  ) -> [(name: String, tensor: Tensor)] {
    outputs.sorted { $0.key < $1.key }.flatMap { name, value in
      value.tensors.map { (name, $0) }
    }
  }

  private static func position(_ row: ArraySlice<Double>) -> Int? {
    row.indices.max { row[$0] < row[$1] }.map { $0 - row.startIndex }
  }

  package var json: JSONValue {
    .object([
      "samples": .integer(Int64(sampleCount)),
      "top1_agreement": agreement.map { .finite($0) } ?? .null,
      "largest_error": .finite(largestError),
      "mean_error": .finite(meanError),
      "largest_value": .finite(largestValue),
    ])
  }

  package var text: String {
    let share = agreement.map { ", same first answer \(Quantity.fixed($0 * 100, digits: 2)) %" }
    return "on \(Quantity.count(sampleCount, "sample")): largest error "
      + "\(Quantity.significant(largestError)), mean \(Quantity.significant(meanError)), "
      + "of values up to \(Quantity.significant(largestValue))\(share ?? "")"
  }
}
