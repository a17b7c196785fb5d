internal import MRDLCore
package import MRDLImages
internal import MRDLMetrics

/// Pictures that a model is most wrong about, each with what it is and what it was taken for.
package struct MistakePicture: Sendable {
  /// A sample whose answer is not its class.
  package struct Mistake: Sendable, Hashable {
    /// The number of the sample.
    package var sample: Int
    package var label: Int
    package var answer: Int
    /// What the model gives for the true class, from 0 to 1. Its loss is −ln of that.
    package var labelProbability: Double
    package var answerProbability: Double
  }

  /// How many pictures are shown.
  package static let capacity = 20
  private static let columnCount = 5

  private let mistakes: [Mistake]
  private let images: [Image]
  private let labels: [String]
  private let mistakeCount: Int
  private let split: String

  /// - Parameters:
  ///   - mistakes: from the highest loss on.
  ///   - images: the picture of each, with 8 bits a sample and no opacity.
  ///   - labels: the names of the classes, in order.
  ///   - mistakeCount: how many there are in all.
  ///   - split: what the samples are called.
  package init(
    _ mistakes: [Mistake], _ images: [Image], labels: [String], mistakeCount: Int, split: String
  ) {
    precondition(mistakes.count == images.count, "a mistake without a picture")
    self.mistakes = mistakes
    self.images = images
    self.labels = labels
    self.mistakeCount = mistakeCount
    self.split = split
  }

  /// The mistakes among samples, from the highest loss on; of equal ones the first sample comes first.
  ///
  /// - Parameters:
  ///   - probabilities: for each sample what the model gives for each class.
  ///   - labels: the class of each sample.
  package static func mistakes(
    _ probabilities: (Int) -> [Double], labels: [Int]
  ) -> [Mistake] {
    var mistakes: [Mistake] = []
    for (sample, label) in labels.enumerated() {
      let row = probabilities(sample)
      // As in a confusion matrix, the first of the best; what is no number is none.
      guard
        let answer = row.indices.filter({ !row[$0].isNaN }).max(by: {
          (row[$0], $1) < (row[$1], $0)
        }), answer != label, row.indices.contains(label)
      else { continue }
      mistakes.append(
        Mistake(
          sample: sample, label: label, answer: answer,
          labelProbability: row[label].isNaN ? 0 : row[label],
          answerProbability: row[answer]))
    }
    return mistakes.sorted {
      ($0.labelProbability, $0.sample) < ($1.labelProbability, $1.sample)
    }
  }

  package var drawing: Drawing {
    let rows = (mistakes.count + Self.columnCount - 1) / Self.columnCount
    let (left, top) = (12.0, 36.0)
    let (wide, high) = ((480 - 2 * left) / Double(Self.columnCount), 112.0)
    // Some fonts are a fifth wider than ours.
    let limit = 0.8 * wide
    var drawing = Drawing(
      "Worst mistakes (\(split))", summary: summary, width: 480,
      height: top + Double(rows) * high + 4)
    drawing.addTitle()
    for (index, mistake) in mistakes.enumerated() {
      let x = left + Double(index % Self.columnCount) * wide
      let y = top + Double(index / Self.columnCount) * high
      let side = 70.0
      let image = images[index]
      let scale = side / Double(max(image.width, image.height))
      let (width, height) = (Double(image.width) * scale, Double(image.height) * scale)
      drawing.add(
        .image(
          image,
          Drawing.Rectangle(
            x + (wide - width) / 2, y + side - height, width: width, height: height)))
      drawing.add(
        text: labels.className(mistake.label), at: Drawing.Point(x + wide / 2, y + side + 13),
        size: 10,
        anchor: .middle, limit: limit)
      // The name loses its end, never the number.
      let probability = " \(Quantity.fixed(mistake.answerProbability, digits: 2))"
      let answer = Drawing.shortened(
        "→ \(labels.className(mistake.answer))", size: 10,
        limit: limit - Drawing.width(of: probability, size: 10))
      drawing.add(
        text: answer + probability, at: Drawing.Point(x + wide / 2, y + side + 26), size: 10,
        anchor: .middle)
    }
    return drawing
  }

  private var summary: String {
    var text =
      "Of \(Quantity.count(mistakeCount, "mistake")) the \(mistakes.count) with the highest "
      + "loss. Below each picture its class, then the answer with its probability."
    if let first = mistakes.first {
      text +=
        " The first is \(labels.className(first.label)), to which the model gives "
        + "\(Quantity.significant(first.labelProbability, digits: 2))."
    }
    return text
  }
}
