public import MRDLCore
public import MRDLModel

/// The `.mrdl` container, version 1.1: a prelude with digests, the architecture header as JSON, a table
/// of SHA-256 values, and the tensors, each aligned to 64 bytes so that a mapped file is used in
/// place. See mrdl(5).
public enum MRDLFile {
  /// The first eight bytes of every file.
  public static let magic: [UInt8] = Prelude.magic

  /// Whether a file that begins with the given bytes is a `.mrdl` file, or was one before a transfer
  /// in text mode changed it or cut it short.
  public static func recognizes(_ start: [UInt8]) -> Bool {
    start.count >= 5 ? start[1..<5] == magic[1..<5] : start.first == magic[0]
  }

  // MARK: Opening

  /// Opens a model.
  ///
  /// The prelude, the header and the digest table are read and their digests compared; the tensors are
  /// read when they are asked for.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - diagnostics: takes what is wrong with names in the graph, and notes; the model is returned
  ///     nevertheless. Without a sink such an error is thrown.
  ///   - options: whether the file is mapped or copied, when tensors are verified, and the limits.
  /// - Throws: `MRDL1001` for a file of another kind, `MRDL1002` to `MRDL1012` for a damaged
  ///   container, `MRDL1100` to `MRDL1399` for a header that cannot be read, `MRDL9001` and up where
  ///   the file cannot be read.
  /// - Complexity: O(n) in the bytes of the header and of the digest table.
  public static func open(
    _ path: String, options: OpeningOptions = .standard, diagnostics: Diagnostics? = nil
  ) throws(MRDLError) -> Model {
    try open(
      content(of: path, options), name: path, options: options, diagnostics: diagnostics)
  }

  /// Opens a model whose file is in memory already, such as one that is part of a program.
  ///
  /// - Parameter name: what errors name as the file.
  public static func open(
    _ storage: Storage, name: String, options: OpeningOptions = .standard,
    diagnostics: Diagnostics? = nil
  ) throws(MRDLError) -> Model {
    let findings = Diagnostics()
    do throws(MRDLError) {
      let container = try ContainerReader(
        storage, limits: options.limits, diagnostics: findings)
      // A damaged container is not opened, whoever listens.
      try findings.throwFirstError()
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

  /// The root digest of a file: the one value that vouches for all of it, once the file is verified.
  public static func rootDigest(
    of path: String, limits: Limits = .standard
  ) throws(MRDLError) -> Digest {
    let findings = Diagnostics()
    let storage = try FileContent.map(path)
    do throws(MRDLError) {
      let container = try ContainerReader(storage, limits: limits, diagnostics: findings)
      try findings.throwFirstError()
      return container.prelude.rootDigest
    } catch {
      throw error.inFile(path)
    }
  }

  // MARK: Verifying

  /// Reports everything that is wrong with a file: prelude, layout, padding, digests, header, and names
  /// in the graph. What opening would throw becomes a finding too.
  ///
  /// - Returns: the model as far as it can be read, or nil.
  /// - Throws: only where the file itself cannot be read: `MRDL9001`, `MRDL9002`, `MRDL9004`.
  /// - Complexity: O(n) in the bytes of the file.
  @discardableResult
  public static func verify(
    _ path: String, limits: Limits = .standard, diagnostics: Diagnostics
  ) throws(MRDLError) -> Model? {
    verify(try FileContent.map(path), name: path, limits: limits, diagnostics: diagnostics)
  }

  /// Reports everything that is wrong with a file in memory.
  @discardableResult
  public static func verify(
    _ storage: Storage, name: String, limits: Limits = .standard, diagnostics: Diagnostics
  ) -> Model? {
    let findings = Diagnostics(capacity: diagnostics.capacity)
    defer { diagnostics.report(contentsOf: findings, inFile: name) }
    do throws(MRDLError) {
      let container = try ContainerReader(storage, limits: limits, diagnostics: findings)
      let model = try container.model(verifies: true, file: name)
      container.checkTensorPadding(findings)
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

  // MARK: Writing

  /// Writes a model; its tensors are loaded one after the other.
  ///
  /// An existing file is harmed neither by an error nor by a crash: it is replaced at the end.
  ///
  /// - Parameter replacing: whether a file that exists may be replaced.
  /// - Returns: the root digest.
  /// - Throws: `MRDL9003`, `MRDL9005`, `MRDL9006` where the file cannot be written, an error of reading
  ///   a tensor, or what reading the header would throw.
  @discardableResult
  public static func write(
    _ model: Model, to path: String, replacing: Bool = false
  ) throws(MRDLError) -> Digest {
    var writer = try ModelWriter(ModelHeader(model), path: path, replacing: replacing)
    for tensor in model.tensors { try writer.append(tensor.load()) }
    return try writer.commit()
  }

  private static func content(
    of path: String, _ options: OpeningOptions
  ) throws(MRDLError) -> Storage {
    switch options.memory {
    case .mapped: try FileContent.map(path)
    case .copied: try FileContent.read(path)
    }
  }
}
