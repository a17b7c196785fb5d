/// An equation in Einstein's notation: the letters of the axes of each operand and of the result. An ellipsis counts as
/// one of the letters.
package struct EinsumEquation: Sendable, Hashable {
  /// What an ellipsis is read as.
  package static let ellipsis: Character = "…"

  package let terms: [[Character]]
  /// As stated, or else letters that stand once, in the order of the alphabet, behind the axes of an ellipsis.
  package let result: [Character]

  /// nil where the text is no equation such as `ij,jk->ik`.
  package init?(_ text: String) {
    let sides = text.filter { $0 != " " }.split(
      separator: "-", omittingEmptySubsequences: false)
    guard (1...2).contains(sides.count) else { return nil }
    var terms: [[Character]] = []
    for part in sides[0].split(separator: ",", omittingEmptySubsequences: false) {
      guard let term = Self.term(part) else { return nil }
      terms.append(term)
    }
    self.terms = terms
    if sides.count == 2 {
      guard sides[1].first == ">", let result = Self.term(sides[1].dropFirst()) else { return nil }
      self.result = result
    } else {
      let all = terms.joined()
      let single = Set(all).filter { letter in
        letter != Self.ellipsis && all.count { $0 == letter } == 1
      }
      result = (all.contains(Self.ellipsis) ? [Self.ellipsis] : []) + single.sorted()
    }
  }

  private static func term(_ text: Substring) -> [Character]? {
    var letters: [Character] = []
    var rest = text
    while let letter = rest.first {
      if rest.hasPrefix("...") {
        letters.append(ellipsis)
        rest = rest.dropFirst(3)
      } else if letter.isLetter, letter.isASCII {
        letters.append(letter)
        rest = rest.dropFirst()
      } else {
        return nil
      }
    }
    return letters
  }

  /// The text of an equation.
  package static func text(_ terms: [[Character]], _ result: [Character]) -> String {
    func text(_ term: [Character]) -> String {
      term.map { $0 == ellipsis ? "..." : String($0) }.joined()
    }
    return terms.map(text).joined(separator: ",") + "->" + text(result)
  }
}
