package import MRDLCore
internal import Yams

/// A text in YAML as a JSON value with the positions of its values, for texts that people write.
///
/// Plain scalars are null, booleans and numbers by the core schema of YAML 1.2 and by nothing else: `yes`, `off` and
/// `2024-01-01` are words, `0o17` is 15, `017` is 17. Keys are scalars, taken as they are written; there are no merge
/// keys, no tags but `!!str`, no infinities, and one document.
package struct YAMLText: Sendable {
  package let value: JSONValue
  /// Where each member's key and each element stands.
  package let positions: JSONPositions

  /// - Throws: `MRDL1108` for a text that is not YAML or has what JSON cannot hold, `MRDL1102` past a limit,
  ///   `MRDL1106` for a duplicate key; each with line and column.
  /// - Complexity: O(n) in the bytes of the text and in the values that its aliases stand for, which are bounded.
  package init(_ text: String, limits: Limits = .standard) throws(MRDLError) {
    guard text.utf8.count <= limits.yamlByteCount else {
      throw MRDLError(
        .limitExceeded, "the text is too long", found: "\(text.utf8.count) bytes",
        expected: "at most \(limits.yamlByteCount)")
    }
    try YAMLKeys.check(text)
    var reader = YAMLReader(limits: limits)
    value = try reader.read(try Self.compose(text))
    positions = JSONPositions(reader.positions)
  }

  /// - Returns: nil for a text without a document.
  private static func compose(_ text: String) throws(MRDLError) -> Node? {
    do {
      // Without rules of its own: which words are numbers is decided here.
      let parser = try Parser(yaml: text, resolver: .basic, encoding: .utf8)
      return try parser.singleRoot()
    } catch let error as YamlError {
      throw Self.error(error, text)
    } catch {
      throw MRDLError(.badYAML, Self.message, found: "\(error)")
    }
  }

  private static let message = "the text is not well-formed YAML"

  private static func error(_ error: YamlError, _ text: String) -> MRDLError {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      MRDLError(
        .badYAML,
        "\(message): \(problem)"
          + (context.map {
            ", \($0.text) of line \($0.mark.line), column \($0.mark.column)"
          } ?? ""), at: Place(TextPosition(mark)))
    case .reader(let problem, let offset, _, _):
      MRDLError(
        .badYAML, "the text holds a character that YAML has not: \(problem)",
        at: Place(offset.map { TextPosition(ofByte: text.prefix($0).utf8.count, in: text.utf8) }))
    case .duplicatedKeysInMapping(let keys, let context):
      MRDLError(
        .duplicateKey, "an object has the same key twice",
        found: keys.sorted().map { "\"\($0)\"" }.joined(separator: ", ") + ", here first",
        at: Place(TextPosition(context.mark)))
    case .memory:
      // What the parser says of more levels than it goes down into.
      MRDLError(.limitExceeded, "the text holds too deep values")
    default:
      MRDLError(.badYAML, message, found: "\(error)")
    }
  }
}

extension TextPosition {
  init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}
