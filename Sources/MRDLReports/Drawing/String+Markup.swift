internal import MRDLCore

extension String {
  /// The text with what means something in XML and HTML escaped, and invisible characters shown.
  package var escapedForMarkup: String {
    escapedForDisplay.reduce(into: "") { text, character in
      switch character {
      case "&": text += "&amp;"
      case "<": text += "&lt;"
      case ">": text += "&gt;"
      case "\"": text += "&quot;"
      default: text.append(character)
      }
    }
  }

  /// As `escapedForMarkup`, with the line breaks kept.
  package var markupKeepingLines: String {
    split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0).escapedForMarkup
    }.joined(separator: "\n")
  }
}
