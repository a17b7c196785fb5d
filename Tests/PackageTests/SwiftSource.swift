/// A Swift source with its comments and the content of its string literals blanked, so that words can
/// be looked for in the code alone. Line numbers stay what they were.
struct SwiftSource {
  /// The code, with spaces where comments and texts were.
  let code: String

  init(_ text: String) {
    var lexer = Lexer(text)
    code = lexer.run()
  }

  /// The lines of the code, with their numbers counted from 1.
  var lines: [(number: Int, text: Substring)] {
    code.split(separator: "\n", omittingEmptySubsequences: false).enumerated().map {
      ($0 + 1, $1)
    }
  }

  /// An `import` of a module, whatever stands before it and however much of the module it asks for.
  struct Import: Hashable {
    let module: String
    let line: Int
    let isTestable: Bool
  }

  /// All imports, those behind `#if` included.
  var imports: [Import] {
    let statement =
      #/^\s*((?:@\w+(?:\([^)]*\))?\s+|(?:public|package|internal|fileprivate|private)\s+)*)import\s+(?:(?:typealias|struct|class|enum|protocol|let|var|func|actor|macro)\s+)?`?(\w+)`?/#
    return lines.flatMap { number, text in
      text.split(separator: ";").compactMap { part in
        guard let match = try? statement.prefixMatch(in: part) else { return nil }
        return Import(
          module: String(match.2), line: number, isTestable: match.1.contains("@testable"))
      }
    }
  }
}

extension SwiftSource {
  private struct Lexer {
    private let characters: [Character]
    private var position = 0
    private var output = ""

    init(_ text: String) { characters = Array(text) }

    mutating func run() -> String {
      while position < characters.count {
        if starts(with: "//") {
          while position < characters.count && !characters[position].isNewline { blank() }
        } else if starts(with: "/*") {
          skipBlockComment()
        } else if let hashes = hashesBeforeQuote() {
          skipLiteral(hashes: hashes)
        } else {
          output.append(characters[position])
          position += 1
        }
      }
      return output
    }

    private func starts(with text: String) -> Bool {
      characters[position...].starts(with: text)
    }

    private mutating func blank(_ count: Int = 1) {
      for _ in 0..<count where position < characters.count {
        output.append(characters[position].isNewline ? "\n" : " ")
        position += 1
      }
    }

    private mutating func skipBlockComment() {
      var depth = 0
      repeat {
        if starts(with: "/*") {
          depth += 1
          blank(2)
        } else if starts(with: "*/") {
          depth -= 1
          blank(2)
        } else {
          blank()
        }
      } while depth > 0 && position < characters.count
    }

    /// The number of `#` before a quotation mark that begins here, or nil where no literal begins.
    private func hashesBeforeQuote() -> Int? {
      var end = position
      while end < characters.count && characters[end] == "#" { end += 1 }
      return end < characters.count && characters[end] == "\"" ? end - position : nil
    }

    private mutating func skipLiteral(hashes: Int) {
      let fence = String(repeating: "#", count: hashes)
      blank(hashes)
      let quotes = starts(with: "\"\"\"") ? "\"\"\"" : "\""
      blank(quotes.count)
      while position < characters.count {
        if starts(with: "\\" + fence + "(") {
          blank(2 + hashes)
          keepInterpolation()
        } else if starts(with: "\\" + fence) {
          blank(2 + hashes)
        } else if starts(with: quotes + fence) {
          blank(quotes.count + hashes)
          return
        } else {
          blank()
        }
      }
    }

    /// The code inside `\( … )` stays code.
    private mutating func keepInterpolation() {
      var depth = 1
      while position < characters.count {
        if let hashes = hashesBeforeQuote() {
          skipLiteral(hashes: hashes)
          continue
        }
        if characters[position] == "(" { depth += 1 }
        if characters[position] == ")" { depth -= 1 }
        if depth == 0 { return blank() }
        output.append(characters[position])
        position += 1
      }
    }
  }
}
