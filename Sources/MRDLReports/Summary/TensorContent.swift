package import MRDLCore
package import MRDLModel
internal import MRDLRuntime

/// One tensor of a model with its numbers.
package struct TensorContent: Sendable {
  package let name: String
  package let tensor: Tensor
  private let numbers: [Double]
  private let statistics: TensorStatistics

  /// Rows and columns that are shown for people.
  private static let shownCount = 12

  /// - Throws: `MRDL1302` where the model lacks the tensor, or an error of loading it.
  package init(_ name: String, of model: Model) throws(MRDLError) {
    guard let found = model.tensors[name] else {
      throw MRDLError(
        .missingTensor, "the model has no tensor of that name", found: "\"\(name)\"",
        expected: "a name that --tensors lists")
    }
    self.name = name
    tensor = try found.load()
    numbers = try Answer.numbers(in: tensor)
    statistics = try TensorStatistics(tensor)
  }

  /// The first rows and columns for people: each line is a row along the last axis.
  package func text(_ style: TextStyle = .plain) -> String {
    var text =
      style.strong(
        "\(name): \(tensor.scalarType.rawValue) \(tensor.shape)".escapedForDisplay) + "\n"
    func shown(_ value: Double?) -> String {
      value.map { Quantity.significant($0, digits: 5) } ?? "-"
    }
    text +=
      "from \(shown(statistics.minimum)) to \(shown(statistics.maximum)), "
      + "mean \(shown(statistics.mean)), standard deviation \(shown(statistics.standardDeviation))\n"
    guard !numbers.isEmpty else { return text }
    let columnCount = tensor.shape.dimensions.last ?? 1
    let rowCount = numbers.count / max(columnCount, 1)
    var table = TextTable(
      Array(
        repeating: TextTable.Column("", .right),
        count: min(columnCount, Self.shownCount) + (columnCount > Self.shownCount ? 1 : 0)))
    for row in 0..<min(rowCount, Self.shownCount) {
      let start = row * columnCount
      var cells = numbers[start..<(start + min(columnCount, Self.shownCount))].map {
        Quantity.significant($0, digits: 5)
      }
      if columnCount > Self.shownCount { cells.append("…") }
      table.append(cells)
    }
    text += table.text(style)
    if rowCount > Self.shownCount {
      text += style.faint("… \(Quantity.count(rowCount - Self.shownCount, "more row"))") + "\n"
    }
    return text
  }

  /// All numbers in row-major order for programs; null stands for what JSON cannot hold.
  package var json: JSONValue {
    .object([
      "name": .string(name),
      "type": .string(tensor.scalarType.rawValue),
      "shape": .integers(tensor.shape.dimensions),
      "statistics": statistics.json,
      "values": .array(
        numbers.map { number in
          tensor.scalarType.isFloatingPoint
            ? .finite(number) : Int64(exactly: number).map { .integer($0) } ?? .finite(number)
        }),
    ])
  }
}
