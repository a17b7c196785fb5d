import MRDLCore
import Synchronization

/// An HDF5 file, read without libhdf5.
///
/// What it takes: superblocks 0 to 3, old-style, compact and dense groups, attributes, data sets that
/// are compact, contiguous or chunked with any chunk index, the filters deflate, shuffle and
/// fletcher32, numbers of both byte orders, truth values and texts. Anything else is listed where
/// that is possible and refused by name when it is read. Every structure is checked against the
/// bytes that hold it, and no structure is followed twice.
///
/// Objects are read once and kept, so that walking a path costs a look-up a step.
package final class HDF5File: Sendable {
  let source: HDF5Source
  private let cache = Mutex(Cache())

  private struct Cache {
    var objects: [UInt64: HDF5ObjectContent] = [:]
    var collections: [UInt64: HDF5GlobalHeapCollection] = [:]
    /// Objects, links and attributes so far, those that objects share counted for each of them.
    var entryCount = 0
  }

  /// The group that all paths begin at.
  package var root: HDF5Group {
    get throws(MRDLError) {
      guard
        case .group(let group) = try object(at: source.superblock.rootAddress, path: "/")
      else {
        throw MRDLError(.badHDF5, "the root of the file is not a group", at: Place("/"))
      }
      return group
    }
  }

  /// Opens a file.
  ///
  /// - Throws: `MRDL2001` for a truncated file, `MRDL2002` for one that is not HDF5 or damaged,
  ///   `MRDL2003` for a feature that is not supported, `MRDL2005` for a wrong checksum.
  package init(_ storage: Storage, limits: Limits = .standard) throws(MRDLError) {
    source = try HDF5Source(storage, limits: limits)
    try checkExtension()
    _ = try root
  }

  /// Whether a file has the signature of HDF5, at its start or after a user block.
  package static func isHDF5(_ storage: Storage) -> Bool {
    HDF5Superblock.signatureOffset(in: storage) != nil
  }

  /// The version of the superblock.
  package var superblockVersion: Int { source.superblock.version }

  /// Refuses files that are only a part of the data.
  private func checkExtension() throws(MRDLError) {
    guard let address = source.superblock.extensionAddress else { return }
    let header = try HDF5ObjectHeader(source, address: address)
    if let message = header.first(.driverInfo) {
      throw message.body.unsupported(
        "the file is one of several of a multi or family file driver")
    }
  }

  /// The object at an address.
  func object(at address: UInt64, path: String) throws(MRDLError) -> HDF5Object {
    let content: HDF5ObjectContent
    do {
      content = try self.content(at: address)
    } catch {
      throw error.atHDF5Path(path)
    }
    switch content.kind {
    case .group(let links):
      return .group(
        HDF5Group(
          self, address: address, path: path, links: links, attributes: content.attributes))
    case .dataset(let dataset):
      return .dataset(
        HDF5Dataset(self, path: path, content: dataset, attributes: content.attributes))
    case .datatype(let datatype): return .datatype(datatype, path: path)
    }
  }

  private func content(at address: UInt64) throws(MRDLError) -> HDF5ObjectContent {
    if let known = cache.withLock({ $0.objects[address] }) { return known }
    let content = try HDF5ObjectContent(source, address: address)
    let limit = source.limits.hdf5ObjectCount
    let count = cache.withLock { cache in
      cache.objects[address] = content
      cache.entryCount += content.entryCount
      return cache.entryCount
    }
    guard count <= limit else {
      throw MRDLError(
        .badHDF5, "the file has too many objects, links and attributes",
        expected: "at most \(limit)")
    }
    return content
  }

  /// Where in the storage an object of the global heap is, or nil where there is none.
  func heapObject(
    collection address: UInt64, index: UInt32
  ) throws(MRDLError) -> Range<Int>? {
    if let known = cache.withLock({ $0.collections[address] }) {
      return known.byteRange(ofObject: index)
    }
    let collection = try HDF5GlobalHeapCollection(source, address: address)
    cache.withLock { $0.collections[address] = collection }
    return collection.byteRange(ofObject: index)
  }
}
