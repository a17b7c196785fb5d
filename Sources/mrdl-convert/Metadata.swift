import ArgumentParser
import MRDLCore
import MRDLModel

/// `KEY=VALUE` for the card of a model; the first `=` splits.
struct Metadata: ExpressibleByArgument {
  let key: String
  let value: String

  init?(argument: String) {
    guard let split = argument.firstIndex(of: "="), split != argument.startIndex else { return nil }
    key = String(argument[..<split])
    value = String(argument[argument.index(after: split)...])
  }

  /// Sets the entry of a card; several authors are separated by semicolons.
  ///
  /// - Throws: `MRDL9007` for a key that cards do not have.
  func apply(to card: inout ModelCard) throws(MRDLError) {
    switch key {
    case "name": card.name = value
    case "description": card.description = value
    case "authors": card.authors = value.split(separator: ";").map { Self.trimmed($0) }
    case "license": card.license = value
    case "base_model": card.baseModel = value
    case "producer": card.producer = value
    case "created": card.created = value
    default:
      throw MRDLError(
        .badUsage, "a model's card has no such entry", found: "\"\(key)\"",
        expected: "name, description, authors, license, base_model, producer or created")
    }
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
