package import MRDLCore

extension JSONValue {
  /// The value with one number or word inside it replaced, as `--set optimizer.rate=0.01` asks.
  ///
  /// - Parameter assignment: keys separated by full stops, `=`, and a JSON value or a bare word. Elements
  ///   of arrays go by their position.
  /// - Throws: `MRDL9007` for a text without `=` or a path that leads nowhere.
  package func setting(_ assignment: String) throws(MRDLError) -> JSONValue {
    guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
      throw MRDLError(
        .badUsage, "an override is not KEY=VALUE", found: assignment,
        expected: "for example optimizer.rate=0.01")
    }
    let path = assignment[..<equals].split(separator: ".").map(String.init)
    let text = String(assignment[assignment.index(after: equals)...])
    let value = (try? JSONParser.parse(text)) ?? .string(text)
    return try replacing(path[...], by: value, in: assignment)
  }

  private func replacing(
    _ path: ArraySlice<String>, by value: JSONValue, in assignment: String
  ) throws(MRDLError) -> JSONValue {
    guard let key = path.first else { return value }
    switch self {
    case .object(var members):
      if let index = members.firstIndex(where: { $0.key == key }) {
        members[index].value = try members[index].value.replacing(
          path.dropFirst(), by: value, in: assignment)
      } else {
        // Objects on the way that the recipe leaves out begin empty; a key that no recipe has is
        // refused when the recipe is read.
        let empty = JSONValue.object([] as [JSONMember])
        members.append(
          JSONMember(key, try empty.replacing(path.dropFirst(), by: value, in: assignment)))
      }
      return .object(members)
    case .array(var elements):
      guard let index = Int(key), elements.indices.contains(index) else {
        throw Self.nowhere(key, assignment)
      }
      elements[index] = try elements[index].replacing(
        path.dropFirst(), by: value, in: assignment)
      return .array(elements)
    default: throw Self.nowhere(key, assignment)
    }
  }

  private static func nowhere(_ key: String, _ assignment: String) -> MRDLError {
    MRDLError(
      .badUsage, "an override names a key that the recipe lacks",
      found: "\"\(key)\" in \(assignment)")
  }
}
