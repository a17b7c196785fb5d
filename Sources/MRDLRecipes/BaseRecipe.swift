internal import MRDLCore

/// An existing model that a training goes on from.
package struct BaseRecipe: Sendable, Hashable {
  /// The path of a model of any format that is read.
  package var model: String
  /// Patterns of the names of tensors that stay as they are: `*` stands for any text, `?` for one character.
  package var frozen: [String]
  /// The value after which the model ends and the layers of the recipe begin; nil for the input of the last layer
  /// with weights, where anything is replaced at all.
  package var cut: String?

  /// A path, or an object with more.
  init?(_ cursor: JSONCursor?) throws(MRDLError) {
    guard let cursor else { return nil }
    if case .string(let path) = cursor.value {
      model = path
      frozen = []
      cut = nil
      return
    }
    try cursor.refuseUnknownKeys(except: ["model", "freeze", "cut"])
    model = try cursor.required("model").string()
    frozen = try cursor.optional("freeze")?.strings() ?? []
    cut = try cursor.optional("cut")?.string()
  }

  /// The choice as JSON, with every default written out.
  var encoded: JSONValue {
    .object(
      [JSONMember("model", .string(model)), JSONMember("freeze", .strings(frozen))]
        + (cut.map { [JSONMember("cut", .string($0))] } ?? []))
  }
}
