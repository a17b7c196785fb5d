internal import MRDLCore

/// Letters made of lines, for text in pixels where no font can be counted on: those of Latin-1 and Latin Extended-A, and
/// others with one accent.
///
/// A letter is written on a grid whose rows run from 0, the top of capitals, over 7, the baseline, to 9,
/// the foot of descenders. Its lines are those of `glyphs`: points of two digits, column and row; a point
/// with an apostrophe is the control point of a parabola between its neighbours, and between two such
/// points lies their middle, as in the outlines of TrueType.
enum StrokeFont {
  /// How wide the lines are, in sizes of the text.
  static let strokeWidth = 0.085

  /// The side of a cell of the grid: capitals are 0.7 high.
  private static let cell = 0.1
  /// The room between two letters, in cells.
  private static let gap = 1.7

  /// How wide a text is, in its size.
  static func width(of text: String) -> Double {
    text.reduce(-gap) { $0 + letter($1).width + gap } * cell
  }

  /// The lines of a text at its place, in the units of the drawing.
  static func strokes(of text: Drawing.Text) -> [[Drawing.Point]] {
    var x = 0.0
    switch text.anchor {
    case .start: break
    case .middle: x = -width(of: text.string) / 2 / cell
    case .end: x = -width(of: text.string) / cell
    }
    let angle = text.turn * Double.pi / 180
    let unit = text.size * cell
    let (right, down) = (cosine(angle) * unit, sine(angle) * unit)
    var strokes: [[Drawing.Point]] = []
    for character in text.string {
      let letter = letter(character)
      for stroke in letter.strokes {
        strokes.append(
          stroke.map { point in
            let (dx, dy) = (x + point.x, point.y - 7)
            return Drawing.Point(
              text.place.x + dx * right - dy * down, text.place.y + dx * down + dy * right)
          })
      }
      x += letter.width + gap
    }
    return strokes
  }

  // MARK: Letters

  struct Letter {
    var width: Double
    var strokes: [[Drawing.Point]]
  }

  /// A box stands for a letter that there is none of.
  private static let unknown = Letter(outline: "00 40 47 07 00", width: nil)

  private static let letters: [Character: Letter] = {
    var letters: [Character: Letter] = [" ": Letter(width: 1.6, strokes: [])]
    for (character, outline) in glyphs.merging(otherGlyphs, uniquingKeysWith: { $1 }) {
      letters[character] = Letter(outline: outline, width: nil)
    }
    letters.merge(accented(letters)) { own, _ in own }
    // Figures are of one width, so that columns of them stand below each other.
    for digit in "0123456789" {
      letters[digit] = glyphs[digit].map { Letter(outline: $0, width: 4) }
    }
    return letters
  }()

  private static func letter(_ character: Character) -> Letter {
    letters[character] ?? unknown
  }
}

extension StrokeFont.Letter {
  init(outline: String, width: Double?) {
    strokes = outline.split(separator: "/").map { Self.stroke($0) }
    let right = strokes.flatMap { $0 }.map(\.x).max() ?? 0
    self.width = width ?? right
  }

  /// The points of a line, with parabolas as pieces of straight lines.
  private static func stroke(_ text: Substring) -> [Drawing.Point] {
    typealias Point = Drawing.Point
    var result: [Point] = []
    var control: Point?
    func curve(_ middle: Point, _ end: Point) {
      guard let start = result.last else { return }
      for step in 1...6 {
        let t = Double(step) / 6
        let (a, b, c) = ((1 - t) * (1 - t), 2 * t * (1 - t), t * t)
        result.append(
          Point(
            a * start.x + b * middle.x + c * end.x, a * start.y + b * middle.y + c * end.y))
      }
    }
    for word in text.split(separator: " ") {
      let digits = word.compactMap(\.wholeNumberValue)
      let point = Point(Double(digits[0]), Double(digits[1]))
      let isControl = word.last == "'"
      if let middle = control {
        curve(
          middle,
          isControl ? Point((middle.x + point.x) / 2, (middle.y + point.y) / 2) : point)
        control = isControl ? point : nil
      } else if isControl {
        control = point
      } else {
        result.append(point)
      }
    }
    return result
  }
}
