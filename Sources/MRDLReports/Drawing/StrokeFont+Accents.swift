extension StrokeFont {
  /// A mark above or below a letter, on a grid of its own: 5 columns, and rows 0 to 2.
  struct Mark {
    let scalar: Unicode.Scalar
    let outline: String
    let isBelow: Bool

    init(_ scalar: Unicode.Scalar, _ outline: String, isBelow: Bool = false) {
      self.scalar = scalar
      self.outline = outline
      self.isBelow = isBelow
    }
  }

  /// Combining marks by which Unicode decomposes the letters of Latin-1 and Latin Extended-A, and more.
  static let marks: [Mark] = [
    Mark("\u{300}", "10 32"), Mark("\u{301}", "30 12"), Mark("\u{302}", "01 20 41"),
    Mark("\u{303}", "01 00' 10 21 31' 40"), Mark("\u{304}", "01 41"),
    Mark("\u{306}", "00 01' 21 41' 40"), Mark("\u{307}", "21 21"),
    Mark("\u{308}", "11 11/31 31"), Mark("\u{30A}", "20 10' 12' 22 32' 30' 20"),
    Mark("\u{30B}", "20 02/40 22"), Mark("\u{30C}", "00 21 40"),
    Mark("\u{323}", "21 21", isBelow: true), Mark("\u{326}", "21 12", isBelow: true),
    Mark("\u{327}", "20 21 31' 32' 22 12", isBelow: true),
    Mark("\u{328}", "20 10' 12' 22 32", isBelow: true),
  ]

  /// Letters that Unicode does not decompose, and signs beyond ASCII.
  static let otherGlyphs: [Character: String] = [
    "Æ": "07 30 60/30 37 67/15 35/33 53",
    "æ": "42 47/44 42' 22 02' 07' 27 47' 45/44 84 82' 62 42' 47' 67 87' 86",
    "Ð": "17 10 30 60' 67' 37 17/03 33",
    "ð": "22 02' 07' 27 47' 42' 22/44 42' 10/11 40",
    "Đ": "17 10 30 60' 67' 37 17/03 33",
    "đ": "40 47/44 42' 22 02' 07' 27 47' 45/21 51",
    "Ø": "30 00' 07' 37 67' 60' 30/60 07",
    "ø": "22 02' 07' 27 47' 42' 22/42 07",
    "Þ": "00 07/02 22 42' 45' 25 05",
    "þ": "00 09/04 02' 22 42' 47' 27 07' 05",
    "ß": "07 02 00' 20 40' 43' 23/23 43' 47' 27 17",
    "Ħ": "10 17/50 57/14 54/02 62",
    "ħ": "10 17/14 12' 32 52' 54 57/01 31",
    "ı": "02 07",
    "Ĳ": "00 07/60 65 67' 47' 26",
    "ĳ": "02 07/00 00/42 48 49' 39/40 40",
    "ĸ": "02 07/42 05/14 47",
    "Ŀ": "00 07 47/23 23",
    "ŀ": "00 06 07' 17/23 23",
    "Ł": "10 17 57/04 32",
    "ł": "10 16 17' 27/05 23",
    "ŉ": "00 02/32 37/34 32' 52 72' 74 77",
    "Ŋ": "07 00 47 40/47 49' 29",
    "ŋ": "02 07/04 02' 22 42' 44 48 49' 29",
    "Œ": "70 30 00' 07' 37 77/40 47/43 63",
    "œ": "22 02' 07' 27 47' 42' 22/44 84 82' 62 42' 47' 67 87' 86",
    "Ŧ": "00 40/20 27/13 33",
    "ŧ": "10 15 17' 37/02 32/04 34",
    "ſ": "30 10' 12 17",
    "–": "04 44",
    "—": "04 84",
    "‘": "00 12",
    "’": "10 02",
    "“": "00 12/30 42",
    "”": "10 02/40 32",
    "„": "17 08/47 38",
    "«": "23 05 27/53 35 57",
    "»": "03 25 07/33 55 37",
    "¡": "02 02/04 09",
    "¿": "22 22/24 26' 06' 08' 29 49' 48",
    "£": "41 40' 30 10' 13 17' 07 47/04 34",
    "¥": "00 23 40/23 27/04 44",
    "¢": "43 42' 22 02' 07' 27 47' 46/21 28",
    "€": "61 60' 40 10' 17' 47 67' 66/03 43/05 45",
    "÷": "04 44/22 22/26 26",
    "¹": "01 10 14",
    "³": "00 20 11 22' 24' 04",
    "¬": "04 44 46",
  ]

  /// How far a mark is from its letter, in cells.
  private static let distance = 0.9
  /// The middle of a mark.
  private static let middle = 2.0

  /// A letter with a mark: above what is highest in it, or below what is lowest. A cedilla stands above a letter with a
  /// descender.
  static func letter(_ base: Letter, with mark: Mark) -> Letter {
    let points = base.strokes.flatMap { $0 }
    guard let top = points.map(\.y).min(), let bottom = points.map(\.y).max() else { return base }
    let isBelow = mark.isBelow && bottom <= 7
    let drawn = Letter(outline: mark.outline, width: nil).strokes
    let extents = drawn.flatMap { $0 }.map(\.x)
    let (first, last) = (extents.min() ?? 0, extents.max() ?? 0)
    // What a narrow letter leaves of its mark makes it wider.
    let half = base.width / 2
    let left = max(middle - first - half, 0)
    let right = max(last - middle - half, 0)
    let dx = left + half - middle
    let dy = isBelow ? bottom + (mark.outline == "21 21" ? distance : 0) : top - distance - 2
    func moved(_ strokes: [[Drawing.Point]], _ dx: Double, _ dy: Double) -> [[Drawing.Point]] {
      strokes.map { $0.map { Drawing.Point($0.x + dx, $0.y + dy) } }
    }
    return Letter(
      width: base.width + left + right,
      strokes: moved(base.strokes, left, 0) + moved(drawn, dx, dy))
  }

  /// All letters with one mark, found by the equivalence of what is composed and what is not.
  static func accented(_ letters: [Character: Letter]) -> [Character: Letter] {
    var accented: [Character: Letter] = [:]
    let dotless: [Character: String] = ["i": "02 07", "j": "12 18 19' 09"]
    for (character, letter) in letters where character.isLetter {
      for mark in marks {
        var base = letter
        if !mark.isBelow, let outline = dotless[character] {
          base = Letter(outline: outline, width: nil)
        }
        var text = String(character)
        text.unicodeScalars.append(mark.scalar)
        if text.count == 1, let key = text.first { accented[key] = self.letter(base, with: mark) }
      }
    }
    return accented
  }
}
