/// A name in which `*` stands for any text and `?` for one character.
struct NamePattern: Sendable {
  private let pattern: [Character]

  init(_ pattern: String) { self.pattern = Array(pattern) }

  /// - Complexity: O(pattern · name).
  func matches(_ name: String) -> Bool {
    let name = Array(name)
    var (place, letter) = (0, 0)
    // Where the last `*` stands and how much of the name it has taken.
    var star: (place: Int, letter: Int)?
    while letter < name.count {
      if place < pattern.count, pattern[place] == "*" {
        star = (place, letter)
        place += 1
      } else if place < pattern.count, pattern[place] == "?" || pattern[place] == name[letter] {
        place += 1
        letter += 1
      } else if let last = star {
        star = (last.place, last.letter + 1)
        place = last.place + 1
        letter = last.letter + 1
      } else {
        return false
      }
    }
    return pattern[place...].allSatisfy { $0 == "*" }
  }
}
