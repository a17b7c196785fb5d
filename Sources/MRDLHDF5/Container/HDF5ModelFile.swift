import MRDLCore
import MRDLModel

/// The `.h5` encoding of a model, version 1.1: the same header and the same tensors as in `.mrdl`, as
/// data sets of an HDF5 file that scientific tools open. See mrdl(5).
package enum HDF5ModelFile {
  /// Whether an HDF5 file says that it is a model of this package; false for one that is damaged.
  package static func isModel(_ storage: Storage, limits: Limits = .standard) -> Bool {
    guard let root = try? HDF5File(storage, limits: limits).root else { return false }
    return root.attributes[HDF5ContainerLayout.Attribute.version] != nil
  }

  /// Opens a model.
  ///
  /// Header, digests and the descriptions of the data sets are read; elements are read when they are
  /// asked for: in place where they are contiguous, aligned and little-endian, else into memory.
  ///
  /// - Parameters:
  ///   - name: what errors name as the file.
  ///   - diagnostics: takes what is wrong with names in the graph, and notes; the model is returned
  ///     nevertheless. Without a sink such an error is thrown.
  /// - Throws: `MRDL1001` for an HDF5 file without a model, `MRDL1003` to `MRDL1008` for another
  ///   version or a damaged container, `MRDL1100` to `MRDL1399` for a header that cannot be read or
  ///   tensors that are not those of the header, `MRDL2001` to `MRDL2007` for a damaged or refused
  ///   HDF5 structure.
  /// - Complexity: O(n) in the bytes of the header and in the tensors.
  package static func open(
    _ storage: Storage, name: String, options: OpeningOptions = .standard,
    diagnostics: Diagnostics? = nil
  ) throws(MRDLError) -> Model {
    let findings = Diagnostics()
    do throws(MRDLError) {
      let container = try reader(storage, limits: options.limits, findings)
      try container.throwFirstDatasetError()
      let model = try container.model(
        verifies: options.verification != .never, file: name)
      model.check(diagnostics: findings)
      if diagnostics == nil { try findings.throwFirstError() }
      if options.verification == .now {
        for tensor in model.tensors { _ = try tensor.load() }
      }
      diagnostics?.report(contentsOf: findings, inFile: name)
      return model
    } catch {
      throw error.inFile(name)
    }
  }

  /// The parts of a file, which is refused where one of them is damaged, whoever listens.
  private static func reader(
    _ storage: Storage, limits: Limits, _ findings: Diagnostics
  ) throws(MRDLError) -> HDF5ContainerReader {
    let container: HDF5ContainerReader
    do throws(MRDLError) {
      container = try HDF5ContainerReader(storage, limits: limits, diagnostics: findings)
    } catch {
      // What was found before is the reason: a damaged header may still be half a text.
      try findings.throwFirstError()
      throw error
    }
    try findings.throwFirstError()
    return container
  }

  /// Opens a model at a path.
  package static func open(
    _ path: String, options: OpeningOptions = .standard, diagnostics: Diagnostics? = nil
  ) throws(MRDLError) -> Model {
    let storage =
      options.memory == .mapped ? try FileContent.map(path) : try FileContent.read(path)
    return try open(storage, name: path, options: options, diagnostics: diagnostics)
  }

  /// Reports everything that is wrong with a file: attributes, digests, header, data sets and names in
  /// the graph. What opening would throw becomes a finding too.
  ///
  /// - Returns: the model as far as it can be read, or nil.
  /// - Complexity: O(n) in the bytes of the file.
  @discardableResult
  package static func verify(
    _ storage: Storage, name: String, limits: Limits = .standard, diagnostics: Diagnostics
  ) -> Model? {
    let findings = Diagnostics(capacity: diagnostics.capacity)
    defer { diagnostics.report(contentsOf: findings, inFile: name) }
    do throws(MRDLError) {
      let container = try HDF5ContainerReader(storage, limits: limits, diagnostics: findings)
      let model = try container.model(verifies: true, file: name)
      container.checkStrayObjects(findings)
      for tensor in model.tensors {
        do throws(MRDLError) {
          _ = try tensor.load()
        } catch {
          findings.report(error.finding)
        }
      }
      model.check(diagnostics: findings)
      return model
    } catch {
      findings.report(error.finding)
      return nil
    }
  }

  /// The digest that vouches for the content of a file, once the file is verified.
  package static func rootDigest(
    of path: String, limits: Limits = .standard
  ) throws(MRDLError) -> Digest {
    let findings = Diagnostics()
    let storage = try FileContent.map(path)
    do throws(MRDLError) {
      let container = try reader(storage, limits: limits, findings)
      return container.rootDigest
    } catch {
      throw error.inFile(path)
    }
  }
}
