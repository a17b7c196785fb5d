internal import MRDLCore
package import MRDLMetrics

/// A confusion matrix as SVG: a row for each true class, darker for more.
package struct ConfusionPicture: Sendable {
  private let matrix: ConfusionMatrix
  private let labels: [String]

  /// - Parameter labels: the names of the classes, in order.
  package init(_ matrix: ConfusionMatrix, labels: [String]) {
    self.matrix = matrix
    self.labels = labels
  }

  package var svg: String {
    let count = matrix.classCount
    let cell = max(18.0, min(60, 480 / Double(count)))
    let left = 140.0
    let top = 60.0
    let width = left + cell * Double(count) + 20
    let height = top + cell * Double(count) + 100
    var text = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Plot.text(width)) \
      \(Plot.text(height))" font-family="sans-serif" font-size="12" role="img" \
      aria-label="Confusion matrix">
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="\(Plot.text(width / 2))" y="22" text-anchor="middle" font-size="15">Confusion \
      matrix</text>
      <text x="\(Plot.text(width / 2))" y="44" text-anchor="middle">rows: the true class, \
      columns: the answer</text>

      """
    for label in 0..<count {
      let total = (0..<count).reduce(0) { $0 + matrix[label: label, answer: $1] }
      let y = top + Double(label) * cell
      text +=
        "<text x=\"\(Plot.text(left - 8))\" y=\"\(Plot.text(y + cell / 2))\" text-anchor=\"end\" "
        + "dominant-baseline=\"middle\">\(name(label))</text>\n"
      for answer in 0..<count {
        let value = matrix[label: label, answer: answer]
        let share = total == 0 ? 0 : Double(value) / Double(total)
        let x = left + Double(answer) * cell
        text +=
          "<rect x=\"\(Plot.text(x))\" y=\"\(Plot.text(y))\" width=\"\(Plot.text(cell))\" "
          + "height=\"\(Plot.text(cell))\" fill=\"\(Plot.palette[0])\" "
          + "fill-opacity=\"\(Quantity.fixed(share, digits: 3))\" stroke=\"#ccc\"/>"
          + "<text x=\"\(Plot.text(x + cell / 2))\" y=\"\(Plot.text(y + cell / 2))\" "
          + "text-anchor=\"middle\" dominant-baseline=\"middle\" "
          + "fill=\"\(share > 0.6 ? "#fff" : "#000")\">\(value)</text>\n"
      }
    }
    let bottom = top + cell * Double(count) + 14
    for answer in 0..<count {
      let x = left + (Double(answer) + 0.5) * cell
      text +=
        "<text transform=\"translate(\(Plot.text(x)) \(Plot.text(bottom))) rotate(-40)\" "
        + "text-anchor=\"end\">\(name(answer))</text>\n"
    }
    return text + "</svg>\n"
  }

  private func name(_ index: Int) -> String {
    (labels.indices.contains(index) ? labels[index] : "\(index)").escapedForMarkup
  }
}
