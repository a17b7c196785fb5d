import MRDLCore

/// A group of an HDF5 file: named links to objects.
package struct HDF5Group: Sendable {
  /// The path by which the group was reached.
  package let path: String

  private let address: UInt64
  private let file: HDF5File
  private let table: HDF5LinkTable
  private let named: [HDF5NamedValues]

  init(
    _ file: HDF5File, address: UInt64, path: String, links: HDF5LinkTable,
    attributes: [HDF5NamedValues]
  ) {
    self.address = address
    self.file = file
    self.path = path
    table = links
    named = attributes
  }

  /// The entries, in the order of creation where the group tracks it, else by name.
  package var links: [HDF5Link] { table.links }

  /// The names of the entries, in the same order.
  package var names: [String] { table.links.map(\.name) }

  /// The attributes of the group.
  package var attributes: HDF5Attributes { HDF5Attributes(file, named, objectPath: path) }

  /// The entry of the given name.
  package func link(named name: String) -> HDF5Link? { table[name] }

  /// The object of the given name in this group.
  ///
  /// - Throws: `MRDL2004` where there is none, `MRDL2003` for a soft or external link.
  package func object(named name: String) throws(MRDLError) -> HDF5Object {
    let childPath = path == "/" ? "/\(name)" : "\(path)/\(name)"
    guard let link = table[name] else {
      throw MRDLError(.missingHDF5Object, "there is no such object", at: Place(childPath))
    }
    let kind: String
    switch link.target {
    case .object(let address): return try file.object(at: address, path: childPath)
    case .soft(let path): kind = "a soft link to \"\(path)\""
    case .external(let file, let path): kind = "an external link to \"\(path)\" of \"\(file)\""
    case .userDefined(let number): kind = "a link of user-defined kind \(number)"
    }
    throw MRDLError(
      .unsupportedHDF5, "only hard links are followed", found: kind, at: Place(childPath))
  }

  /// The object at a path of names with `/` between them, from this group, or from the root where
  /// the path begins with `/`.
  package func object(path: String) throws(MRDLError) -> HDF5Object {
    let names = path.split(separator: "/").filter { $0 != "." }
    let limit = file.source.limits.hdf5Depth
    guard names.count <= limit else {
      throw MRDLError(
        .unsupportedHDF5, "a path has too many parts", found: "\(names.count)",
        expected: "at most \(limit)", at: Place(path))
    }
    var object = HDF5Object.group(path.hasPrefix("/") ? try file.root : self)
    for name in names {
      guard case .group(let group) = object else {
        throw MRDLError(
          .missingHDF5Object, "a part of a path is not a group", found: "\"\(object.path)\"",
          at: Place(path))
      }
      object = try group.object(named: String(name))
    }
    return object
  }

  /// The group at a path.
  package func group(path: String) throws(MRDLError) -> HDF5Group {
    guard case .group(let group) = try object(path: path) else {
      throw MRDLError(.missingHDF5Object, "the object is not a group", at: Place(path))
    }
    return group
  }

  /// The data set at a path.
  package func dataset(path: String) throws(MRDLError) -> HDF5Dataset {
    guard case .dataset(let dataset) = try object(path: path) else {
      throw MRDLError(.missingHDF5Object, "the object is not a data set", at: Place(path))
    }
    return dataset
  }

  /// Calls `body` with every object below this group, parents first, each of them once.
  ///
  /// Links other than hard ones are left out.
  ///
  /// - Throws: `MRDL2003` where groups are nested deeper than the limit.
  package func forEachDescendant(
    _ body: (HDF5Object) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    var visited: Set<UInt64> = [address]
    try visit(&visited, depth: 0, body)
  }

  private func visit(
    _ visited: inout Set<UInt64>, depth: Int, _ body: (HDF5Object) throws(MRDLError) -> Void
  ) throws(MRDLError) {
    let limit = file.source.limits.hdf5Depth
    guard depth <= limit else {
      throw MRDLError(
        .unsupportedHDF5, "groups are nested too deeply", expected: "at most \(limit)",
        at: Place(path))
    }
    for link in links {
      guard case .object(let address) = link.target, visited.insert(address).inserted else {
        continue
      }
      let object = try object(named: link.name)
      try body(object)
      if case .group(let group) = object { try group.visit(&visited, depth: depth + 1, body) }
    }
  }
}
