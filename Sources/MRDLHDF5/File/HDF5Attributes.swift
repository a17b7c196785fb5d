import MRDLCore

/// The attributes of an object, in the order of creation where it is tracked, else by name.
package struct HDF5Attributes: Sendable {
  private let file: HDF5File
  private let named: [HDF5NamedValues]
  private let objectPath: String

  init(_ file: HDF5File, _ named: [HDF5NamedValues], objectPath: String) {
    self.file = file
    self.named = named
    self.objectPath = objectPath
  }

  package var names: [String] { named.map(\.name) }

  /// The attribute of the given name, or nil where the object lacks it.
  ///
  /// - Complexity: O(n) in the attributes.
  package subscript(name: String) -> HDF5Attribute? {
    named.first { $0.name == name }.map { HDF5Attribute(file, $0, objectPath: objectPath) }
  }

  /// The attribute of the given name.
  ///
  /// - Throws: `MRDL2004` where the object lacks it.
  package func required(_ name: String) throws(MRDLError) -> HDF5Attribute {
    guard let attribute = self[name] else {
      throw MRDLError(
        .missingHDF5Object, "there is no such attribute", at: Place("\(objectPath)@\(name)"))
    }
    return attribute
  }
}
