package import MRDLCore
internal import MRDLYAML

/// The text of a recipe: where its values stand, and what the command line has replaced in it.
package struct RecipeSource: Sendable {
  package let name: String
  package private(set) var value: JSONValue
  private let positions: JSONPositions
  /// What was set, by its JSON pointer.
  private var assignments: [(pointer: String, text: String)] = []

  /// A built-in recipe by its name, or a file: YAML where its name ends with `.yaml` or `.yml`, else JSON.
  ///
  /// - Throws: `MRDL5005` where there is neither, or what is wrong with the text, with line and column.
  package init(_ name: String) throws(MRDLError) {
    self.name = name
    let text: String
    if let builtIn = BuiltInRecipe.all.first(where: { $0.name == name }) {
      text = builtIn.text
    } else {
      guard FileSystem.kind(of: name) == .file else {
        throw MRDLError(
          .unknownRecipe, "no recipe has that name, and there is no such file", found: name,
          expected: "a file, or one of " + BuiltInRecipe.all.map(\.name).joined(separator: ", "))
      }
      text = try FileContent.readText(name)
    }
    do {
      if Self.isYAML(name) {
        let yaml = try YAMLText(text)
        (value, positions) = (yaml.value, yaml.positions)
      } else {
        value = try JSONParser.parse(text)
        positions = JSONPositions(text)
      }
    } catch {
      var located = error.inFile(name)
      if let offset = error.place.byteOffset {
        located.finding.place = located.place.at(
          TextPosition(ofByte: Int(clamping: offset), in: text.utf8))
      }
      throw located
    }
  }

  private static func isYAML(_ name: String) -> Bool {
    let lowercased = name.lowercased()
    return lowercased.hasSuffix(".yaml") || lowercased.hasSuffix(".yml")
  }

  /// Replaces or adds a value, as `--set optimizer.rate=0.01` asks.
  ///
  /// - Throws: `MRDL9007` for a text without `=` or a path that leads nowhere.
  package mutating func set(_ assignment: String) throws(MRDLError) {
    value = try value.setting(assignment)
    let path = assignment.prefix { $0 != "=" }.split(separator: ".")
    assignments.append(
      (path.map { "/" + JSONCursor.pointerPart(String($0)) }.joined(), assignment))
  }

  /// The recipe.
  ///
  /// - Throws: what is wrong with it, with file, line, column and key.
  package func recipe() throws(MRDLError) -> Recipe {
    do {
      return try Recipe(JSONCursor(value))
    } catch {
      guard error.place == .unknown else { throw located(error) }
      var error = error
      error.finding.place = Place(file: name).at(.start)
      throw error
    }
  }

  /// An error about a value of this recipe, with the file and the position of the value.
  package func located(_ error: MRDLError) -> MRDLError {
    var error = error
    guard error.place.file == nil, let pointer = error.place.path,
      pointer.isEmpty || pointer.hasPrefix("/")
    else { return error }
    // A key that is not known may be one that was made on the way to what was set.
    let assignment = assignments.last {
      pointer == $0.pointer || pointer.hasPrefix($0.pointer + "/")
        || (error.code == .unknownKey && $0.pointer.hasPrefix(pointer + "/"))
    }
    if let assignment {
      error.finding.place.file = "--set \(assignment.text)"
    } else {
      error.finding.place = error.place.inFile(name).at(positions.position(of: pointer))
    }
    return error
  }
}
