internal import MRDLCore

/// A recipe that comes with the command.
package struct BuiltInRecipe: Sendable {
  package let name: String
  /// JSON.
  package let text: String

  /// What the recipe says of itself.
  package var description: String {
    guard let value = try? JSONParser.parse(text), case .string(let text)? = value["description"]
    else { return "" }
    return text
  }

  /// All of them, from the simplest on.
  package static let all: [BuiltInRecipe] = tables + pictures + series
}
