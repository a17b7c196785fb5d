internal import MRDLCore

/// A window that moves over one or two axes: its extents, its steps, and what lies beyond the border.
package struct WindowRecipe: Sendable, Hashable {
  package enum Padding: String, Sendable, Hashable, CaseIterable {
    /// The window stays inside: (3-1).
    case valid
    /// Zeros on both sides, so that only the step makes the result smaller: (3-2) to (3-4).
    case same
    /// Like `same`, with the values mirrored at the border.
    case reflect
  }

  /// One extent for all axes, or one for each.
  package var size: [Int]
  package var stride: [Int]
  package var padding: Padding

  static let keys: Set = ["size", "stride", "padding"]

  /// - Parameter key: that of the extents; the steps are the same unless given where it is `size`.
  init(_ cursor: JSONCursor, key: String = "size") throws(MRDLError) {
    size = try Self.extents(cursor.required(key))
    stride = key == "size" ? size : [1]
    if let given = try cursor.optional("stride") { stride = try Self.extents(given) }
    padding = try cursor.optional("padding")?.choice() ?? .valid
    if key == "size", padding == .reflect, let cursor = try cursor.optional("padding") {
      throw MRDLError(
        .badRecipe, "pooling does not mirror", found: "reflect", expected: "valid or same",
        at: cursor.place)
    }
  }

  /// A number, or an array of one or two.
  static func extents(_ cursor: JSONCursor) throws(MRDLError) -> [Int] {
    guard case .array = cursor.value else { return [try cursor.count(upTo: 65_536)] }
    let elements = try cursor.elements()
    guard (1...2).contains(elements.count) else {
      throw MRDLError(
        .badRecipe, "a window has one or two extents", found: "\(elements.count)",
        at: cursor.place)
    }
    var extents: [Int] = []
    for element in elements { extents.append(try element.count(upTo: 65_536)) }
    return extents
  }

  static func encode(_ extents: [Int]) -> JSONValue {
    extents.count == 1 ? .integer(Int64(extents[0])) : .integers(extents)
  }

  var members: [JSONMember] {
    [
      JSONMember("size", Self.encode(size)), JSONMember("stride", Self.encode(stride)),
      JSONMember("padding", .string(padding.rawValue)),
    ]
  }

  /// Extents for so many axes.
  static func spread(_ extents: [Int], axes: Int) throws(MRDLError) -> [Int] {
    if extents.count == 1 { return [Int](repeating: extents[0], count: axes) }
    guard extents.count == axes else {
      throw MRDLError(
        .badRecipe, "a window has another number of extents than the data have axes",
        found: "\(extents)", expected: "\(axes)")
    }
    return extents
  }
}

/// A convolution over one or two axes.
package struct ConvolutionRecipe: Sendable, Hashable {
  package var filters: Int
  package var window: WindowRecipe
  package var dilation: [Int]
  package var groups: Int
  package var bias: Bool

  static let keys: Set = ["filters", "kernel", "stride", "padding", "dilation", "groups", "bias"]

  init(_ cursor: JSONCursor) throws(MRDLError) {
    filters = try cursor.required("filters").count(upTo: 65_536)
    window = try WindowRecipe(cursor, key: "kernel")
    dilation = [1]
    if let given = try cursor.optional("dilation") { dilation = try WindowRecipe.extents(given) }
    groups = try cursor.optional("groups")?.count(upTo: 65_536) ?? 1
    bias = try cursor.bool("bias", default: true)
    guard filters.isMultiple(of: groups) else {
      throw MRDLError(
        .badRecipe, "the filters cannot be shared out among the groups",
        found: "\(filters) filters", expected: "a multiple of \(groups)", at: cursor.place)
    }
  }

  var encoded: JSONValue {
    .object([
      "kind": "conv", "filters": .integer(Int64(filters)),
      "kernel": WindowRecipe.encode(window.size), "stride": WindowRecipe.encode(window.stride),
      "padding": .string(window.padding.rawValue), "dilation": WindowRecipe.encode(dilation),
      "groups": .integer(Int64(groups)), "bias": .bool(bias),
    ])
  }
}
