internal import MRDLCore
package import MRDLInterchange
package import MRDLModel
internal import MRDLRuntime

/// Golden vectors of models that have none: a run on numbers that are drawn by a fixed rule.
package enum GoldenVectors {
  /// The most bytes of inputs and outputs that are stored.
  package static let byteCountLimit = 4 << 20
  /// What extents without a number are tried with, one after the other.
  private static let extents = [1, 32, 224, 8]

  /// Runs a model that has no golden vectors and stores what it was given and answered.
  ///
  /// Where that is not possible the model stays as it is, and the log says why.
  package static func add(to model: inout Model, log: ConversionLog) {
    guard model.goldenVectors.isEmpty, !model.isWeightsOnly, model.needsInput else { return }
    let given = model.graph.inputs.filter { input in
      !model.state.contains { $0.input == input.name }
    }
    // Only an extent that is not known leaves anything to try.
    let isOpen = given.contains { input in
      (input.shape?.dimensions ?? []).dropFirst().contains { $0.value == nil }
    }
    var reason = ""
    for extent in isOpen ? extents : [1] {
      do throws(MRDLError) {
        let inputs = try RandomInputs.tensors(for: given, batch: 1, extent: extent)
        try checkSize(inputs.values.reduce(0) { $0 + $1.byteCount })
        var candidate = model
        try candidate.addGoldenVector("conversion", inputs: inputs)
        try checkSize(
          candidate.tensors.dropFirst(model.tensors.count).reduce(0) {
            $0 + ($1.info.byteCount ?? 0)
          })
        model = candidate
        return
      } catch {
        reason = error.finding.description
      }
    }
    log.add(.dropped, "golden vector", reason)
  }

  private static func checkSize(_ byteCount: Int) throws(MRDLError) {
    guard byteCount <= byteCountLimit else {
      throw MRDLError(
        .limitExceeded, "inputs and answers are too large to be stored",
        found: Quantity.bytes(byteCount), expected: "at most \(Quantity.bytes(byteCountLimit))")
    }
  }
}
