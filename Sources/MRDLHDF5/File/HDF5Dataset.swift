import MRDLCore

/// A data set of an HDF5 file.
package struct HDF5Dataset: Sendable {
  /// The path by which the data set was reached.
  package let path: String

  private let file: HDF5File
  private let content: Content
  private let named: [HDF5NamedValues]

  init(_ file: HDF5File, path: String, content: Content, attributes: [HDF5NamedValues]) {
    self.file = file
    self.path = path
    self.content = content
    named = attributes
  }

  /// The extents; empty for a scalar and for a null data space.
  package var shape: Shape { content.dataspace.shape }

  package var dataspace: HDF5Dataspace { content.dataspace }

  package var datatype: HDF5Datatype { content.datatype }

  /// How the elements are stored, for people: `contiguous`, `chunks of [2, 3]`.
  package var layoutDescription: String { content.layout.description }

  /// The filters that chunks went through, in the order in which a writer applies them.
  package var filters: [HDF5FilterPipeline.Filter] { content.pipeline?.filters ?? [] }

  /// The attributes of the data set.
  package var attributes: HDF5Attributes { HDF5Attributes(file, named, objectPath: path) }

  /// Whether `tensor()` uses the bytes of the file in place: they are contiguous, without filters, in
  /// the byte order of this machine and aligned to `Storage.alignment`.
  package var isMappable: Bool {
    guard case .contiguous(let address?, _) = content.layout, !content.hasExternalFiles,
      let values = try? contiguousValues(address, nil)
    else { return false }
    return values.isMappable
  }

  /// The elements as numbers: in place if `isMappable`, else in memory of their own.
  ///
  /// - Throws: `MRDL2003` for a type, layout or filter that is not supported, `MRDL2001`, `MRDL2002`,
  ///   `MRDL2005`, `MRDL2501` for damaged data.
  /// - Complexity: O(n) in the elements and chunks.
  package func tensor() throws(MRDLError) -> Tensor {
    do throws(MRDLError) {
      guard content.datatype.scalarType != nil else {
        throw MRDLError(
          .unsupportedHDF5, "the elements are not numbers",
          found: content.datatype.description)
      }
      return try values().tensor()
    } catch { throw error.atHDF5Path(path) }
  }

  /// The elements as texts.
  package func strings() throws(MRDLError) -> [String] {
    do throws(MRDLError) {
      guard content.datatype.isString else {
        throw MRDLError(
          .unsupportedHDF5, "the elements are not texts", found: content.datatype.description)
      }
      return try values().strings(file)
    } catch { throw error.atHDF5Path(path) }
  }

  /// Refuses elements that other files hold.
  ///
  /// - Throws: `MRDL2003` for external files and for virtual data sets.
  package func requireDataInFile() throws(MRDLError) {
    if content.hasExternalFiles {
      throw MRDLError(.unsupportedHDF5, "the data is in external files", at: Place(path))
    }
    if case .unsupported(let name) = content.layout {
      throw MRDLError(
        .unsupportedHDF5, "a layout is not supported", found: name, at: Place(path))
    }
  }

  /// The bytes of all elements.
  private func values() throws(MRDLError) -> HDF5Values {
    guard !content.hasExternalFiles else {
      throw MRDLError(.unsupportedHDF5, "the data is in external files")
    }
    switch content.layout {
    case .compact(let range): return try compactValues(range)
    case .contiguous(let address?, let byteCount):
      return try contiguousValues(address, byteCount)
    case .contiguous(nil, _):
      return values(try HDF5ChunkAssembly.unwritten(file.source, content))
    case .chunked(let layout):
      return values(try HDF5ChunkAssembly.assemble(file.source, content, layout))
    case .unsupported(let name):
      throw MRDLError(.unsupportedHDF5, "a layout is not supported", found: name)
    }
  }

  private func values(_ storage: Storage, byteOffset: Int = 0) -> HDF5Values {
    HDF5Values(
      datatype: content.datatype, dataspace: content.dataspace, storage: storage,
      byteOffset: byteOffset)
  }

  private func compactValues(_ range: Range<Int>) throws(MRDLError) -> HDF5Values {
    let byteCount = try content.byteCount()
    guard byteCount <= range.count else {
      throw MRDLError(
        .truncatedHDF5, "the data is shorter than its shape", found: "\(range.count) bytes",
        expected: "\(byteCount)", at: Place(byteOffset: UInt64(range.lowerBound)))
    }
    return values(file.source.storage, byteOffset: range.lowerBound)
  }

  private func contiguousValues(
    _ address: UInt64, _ stated: UInt64?
  ) throws(MRDLError) -> HDF5Values {
    let byteCount = UInt64(try content.byteCount())
    let range = try file.source.byteRange(at: address, byteCount: byteCount)
    guard byteCount <= stated ?? byteCount else {
      throw MRDLError(
        .badHDF5, "the data is shorter than its shape", found: "\(stated ?? 0) bytes",
        expected: "\(byteCount)", at: Place(byteOffset: UInt64(range.lowerBound)))
    }
    return values(file.source.storage, byteOffset: range.lowerBound)
  }
}

extension HDF5Dataset {
  /// What the header of a data set says.
  struct Content: Sendable {
    let datatype: HDF5Datatype
    let dataspace: HDF5Dataspace
    let layout: HDF5Layout
    let pipeline: HDF5FilterPipeline?
    /// The bytes of an element that was never written, or nil where they are zero.
    let fillValue: [UInt8]?
    let hasExternalFiles: Bool

    init(_ header: HDF5ObjectHeader) throws(MRDLError) {
      guard let dataspaceMessage = header.first(.dataspace),
        let datatypeMessage = header.first(.datatype), let layoutMessage = header.first(.layout)
      else {
        throw MRDLError(
          .badHDF5, "a data set lacks its data space or datatype",
          at: Place(byteOffset: header.address))
      }
      dataspace = try HDF5Dataspace(try HDF5SharedMessage.resolve(dataspaceMessage))
      datatype = try HDF5Datatype(try HDF5SharedMessage.resolve(datatypeMessage))
      layout = try HDF5Layout(layoutMessage.body)
      if let message = header.first(.filterPipeline) {
        pipeline = try HDF5FilterPipeline(try HDF5SharedMessage.resolve(message))
      } else {
        pipeline = nil
      }
      fillValue = try HDF5FillValue.bytes(header, elementByteCount: datatype.byteCount)
      hasExternalFiles = header.first(.externalFiles) != nil
      if case .chunked(let chunked) = layout {
        guard chunked.chunk.count == dataspace.shape.rank,
          chunked.elementByteCount == datatype.byteCount
        else {
          throw layoutMessage.body.bad(
            "the chunks do not fit the data set",
            found: "\(chunked.chunk.count) extents, \(chunked.elementByteCount) bytes",
            expected: "\(dataspace.shape.rank) extents, \(datatype.byteCount) bytes")
        }
      }
    }

    /// The bytes of all elements.
    func byteCount() throws(MRDLError) -> Int {
      guard let byteCount = HDF5Values.byteCount(datatype, dataspace) else {
        throw MRDLError(
          .badHDF5, "a data set has more bytes than can be counted",
          found: dataspace.shape.description)
      }
      return byteCount
    }
  }
}
