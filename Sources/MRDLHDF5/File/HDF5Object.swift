import MRDLCore

/// What a link of a group leads to.
package enum HDF5Object: Sendable {
  case group(HDF5Group)
  case dataset(HDF5Dataset)
  /// A named datatype: it has no data.
  case datatype(HDF5Datatype, path: String)

  package var path: String {
    switch self {
    case .group(let group): group.path
    case .dataset(let dataset): dataset.path
    case .datatype(_, let path): path
    }
  }
}

/// What was read of an object once, for all paths that lead to it.
struct HDF5ObjectContent: Sendable {
  enum Kind: Sendable {
    case group(HDF5LinkTable)
    case dataset(HDF5Dataset.Content)
    case datatype(HDF5Datatype)
  }

  let kind: Kind
  let attributes: [HDF5NamedValues]

  /// The object itself, its links and its attributes.
  var entryCount: Int {
    let linkCount = if case .group(let table) = kind { table.links.count } else { 0 }
    return 1 + linkCount + attributes.count
  }

  init(_ source: HDF5Source, address: UInt64) throws(MRDLError) {
    let header = try HDF5ObjectHeader(source, address: address)
    if header.first(.layout) != nil {
      kind = .dataset(try HDF5Dataset.Content(header))
    } else if HDF5LinkTable.isPresent(in: header) {
      kind = .group(try HDF5LinkTable(source, header))
    } else if let message = header.first(.datatype) {
      kind = .datatype(try HDF5Datatype(try HDF5SharedMessage.resolve(message)))
    } else {
      throw MRDLError(
        .badHDF5, "an object is neither a group nor a data set nor a datatype",
        at: Place(byteOffset: address))
    }
    attributes = try HDF5NamedValues.all(source, header)
  }
}
