package import MRDLCore
internal import MRDLInterchange
internal import MRDLModel
internal import MRDLOperators
package import MRDLRuntime

/// Everything that is wrong with a model file: structure, digests, graph, shapes and golden vectors.
package struct ValidationReport: Sendable {
  package let path: String
  /// Whether the file could be read as a model at all.
  package let isReadable: Bool
  package let findings: [Finding]
  /// Findings beyond those that are kept.
  package let droppedCount: Int
  package let tensorCount: Int
  package let nodeCount: Int
  package let parameterByteCount: Int
  /// How far each output of each golden vector is off.
  package let golden: [GoldenCheck.Result]
  package let goldenVectorCount: Int
  /// The one value that vouches for the content of the file; nil for formats without one and damaged
  /// files.
  package let rootDigest: Digest?

  /// Looks at a file through the readers that open it.
  ///
  /// - Throws: only where the file itself cannot be read: `MRDL9001`, `MRDL9002`, `MRDL9004`.
  package init(
    _ path: String, limits: Limits = .standard, threadLimit: Int? = nil
  ) throws(MRDLError) {
    self.path = path
    let diagnostics = Diagnostics()
    let model = try ModelFile.verify(path, limits: limits, diagnostics: diagnostics)
    var golden: [GoldenCheck.Result] = []
    if let model {
      let content = Diagnostics()
      golden = Self.check(model, readingFailed: diagnostics.firstError != nil, content)
      diagnostics.report(contentsOf: content, inFile: path)
    }
    isReadable = model != nil
    findings = diagnostics.findings
    droppedCount = diagnostics.droppedCount
    tensorCount = model?.tensors.count ?? 0
    nodeCount = model?.graph.allNodeCount ?? 0
    parameterByteCount = model?.tensors.reduce(0) { $0 + ($1.info.byteCount ?? 0) } ?? 0
    goldenVectorCount = model?.goldenVectors.count ?? 0
    self.golden = golden
    rootDigest =
      model != nil && diagnostics.firstError == nil
      ? try ModelFile.rootDigest(of: path, limits: limits) : nil
  }

  private static func check(
    _ model: Model, readingFailed: Bool, _ diagnostics: Diagnostics
  ) -> [GoldenCheck.Result] {
    guard !model.isWeightsOnly else { return [] }
    _ = ShapeInference(model, diagnostics: diagnostics)
    if model.goldenVectors.isEmpty {
      diagnostics.report(
        .noGolden, .note, "the model has no golden vectors, so that its answers are not proven",
        at: Place("/golden"))
    }
    guard !readingFailed, diagnostics.firstError == nil else { return [] }
    do throws(MRDLError) {
      return try GoldenCheck.run(
        model, program: try Program(model), diagnostics: diagnostics)
    } catch {
      diagnostics.report(error.finding)
      return []
    }
  }

  /// The number of findings of a severity.
  package func count(of severity: Finding.Severity) -> Int {
    findings.count { $0.severity == severity }
  }

  /// Whether nothing is wrong.
  ///
  /// - Parameter strict: whether warnings count.
  package func isSound(strict: Bool) -> Bool {
    isReadable && count(of: .error) == 0 && (!strict || count(of: .warning) == 0)
  }
}
