internal import MRDLCore
package import MRDLMetrics

/// A confusion matrix: a row for each true class, darker for more.
package struct ConfusionPicture: Sendable {
  private let matrix: ConfusionMatrix
  private let labels: [String]

  private static let fontSize = 11.0
  private static let widestName = 120.0

  /// - Parameter labels: the names of the classes, in order.
  package init(_ matrix: ConfusionMatrix, labels: [String]) {
    self.matrix = matrix
    self.labels = labels
  }

  package var drawing: Drawing {
    let count = matrix.classCount
    let names = (0..<count).map { labels.className($0) }
    let longest = names.map { Drawing.width(of: $0, size: Self.fontSize) }.max() ?? 0
    let named = min(longest, Self.widestName)
    // Some fonts are a fifth wider than ours.
    let left = 1.2 * named + 40
    let top = 56.0
    let cell = max(14, min(56, (480 - left - 16) / Double(count)))
    let side = cell * Double(count)
    // Names that do not fit below their columns are turned.
    let turns = longest > cell - 4
    let width = max(480, left + side + 16)
    let origin = left + (width - 16 - left - side) / 2
    var drawing = Drawing(
      "Confusion matrix", summary: summary, width: width,
      height: top + side + (turns ? named + 20 : 24))
    drawing.addTitle()
    drawing.add(
      text: "columns: the answer", at: Drawing.Point(origin + side / 2, top - 8), size: 11,
      anchor: .middle)
    drawing.add(
      text: "rows: the true class", at: Drawing.Point(16, top + side / 2), size: 11,
      anchor: .middle, turn: -90)
    let rise = Drawing.Text.rise(ofSize: Self.fontSize)
    for label in 0..<count {
      let middle = (Double(label) + 0.5) * cell
      add(row: label, at: Drawing.Point(origin, top + Double(label) * cell), cell, to: &drawing)
      drawing.add(
        text: names[label], at: Drawing.Point(origin - 6, top + middle + rise),
        size: Self.fontSize, anchor: .end, limit: Self.widestName)
      drawing.add(
        text: names[label],
        at: Drawing.Point(origin + middle + (turns ? 4 : 0), top + side + (turns ? 12 : 16)),
        size: Self.fontSize, anchor: turns ? .end : .middle, turn: turns ? -50 : 0,
        limit: Self.widestName)
    }
    return drawing
  }

  private func add(
    row label: Int, at place: Drawing.Point, _ cell: Double, to drawing: inout Drawing
  ) {
    let count = matrix.classCount
    let total = (0..<count).reduce(0) { $0 + matrix[label: label, answer: $1] }
    for answer in 0..<count {
      let value = matrix[label: label, answer: answer]
      let share = total == 0 ? 0 : Double(value) / Double(total)
      let x = place.x + Double(answer) * cell
      drawing.add(
        .rectangle(
          Drawing.Rectangle(x, place.y, width: cell, height: cell), .grid, opacity: 1))
      let inner = Drawing.Rectangle(x + 0.5, place.y + 0.5, width: cell - 1, height: cell - 1)
      drawing.add(.rectangle(inner, .paper, opacity: 1))
      if share > 0 { drawing.add(.rectangle(inner, .palette(0), opacity: share)) }
      let text = "\(value)"
      let size = min(11, cell * 0.5, (cell - 3) / Drawing.width(of: text, size: 1))
      guard size >= 5 else { continue }
      let middle = Drawing.Point(
        x + cell / 2, place.y + cell / 2 + Drawing.Text.rise(ofSize: size))
      drawing.add(
        text: text, at: middle, size: size, anchor: .middle, paint: share > 0.55 ? .white : .ink)
    }
  }

  /// How many answers are right, and what is taken for something else most often.
  private var summary: String {
    let count = matrix.classCount
    let right = (0..<count).reduce(0) { $0 + matrix[label: $1, answer: $1] }
    var text =
      "\(Quantity.grouped(right)) of \(Quantity.grouped(matrix.sampleCount)) answers are right."
    var worst = (count: 0, label: 0, answer: 0)
    for label in 0..<count {
      for answer in 0..<count where label != answer {
        let value = matrix[label: label, answer: answer]
        if value > worst.count { worst = (value, label, answer) }
      }
    }
    if worst.count > 0 {
      let times = worst.count == 1 ? "once" : "\(Quantity.grouped(worst.count)) times"
      text +=
        " Most often, \(labels.className(worst.label)) is taken for \(labels.className(worst.answer)): \(times)."
    }
    return text
  }
}
