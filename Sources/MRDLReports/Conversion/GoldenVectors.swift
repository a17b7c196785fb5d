internal import MRDLCore
package import MRDLInterchange
package import MRDLModel
internal import MRDLOperators
internal import MRDLRuntime

/// Golden vectors of models that have none: a run on numbers that are drawn by a fixed rule.
package enum GoldenVectors {
  /// The most bytes of inputs and outputs that are stored.
  package static let byteCountLimit = 4 << 20
  /// The most bytes that a run may take, so that a file cannot ask for all memory there is.
  private static let workingByteLimit = 2 << 30
  /// What extents without a number are tried with, one after the other.
  private static let extents = [1, 32, 224, 8]

  /// Runs a model that has no golden vectors and stores what it was given and answered.
  ///
  /// Where that is not possible the model stays as it is, and the log says why.
  package static func add(to model: inout Model, log: ConversionLog) {
    guard model.goldenVectors.isEmpty, !model.isWeightsOnly, model.needsInput else { return }
    let given = model.givenInputs
    // Only an extent that is not known leaves anything to try.
    let isOpen = given.contains { input in
      (input.shape?.dimensions ?? []).dropFirst().contains { $0.value == nil }
    }
    var reason = ""
    for extent in isOpen ? extents : [1] {
      do throws(MRDLError) {
        try checkValues(of: model, extent: extent)
        let inputs = try RandomInputs.values(for: given, batch: 1, extent: extent)
        try checkSize(inputs.values.flatMap(\.tensors).reduce(0) { $0 + $1.byteCount })
        var candidate = model
        try candidate.addGoldenVector(
          "conversion", values: inputs,
          options: SessionOptions(workingByteLimit: workingByteLimit))
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

  /// Refuses values so large that even planning for them would take too much.
  private static func checkValues(of model: Model, extent: Int) throws(MRDLError) {
    var model = model
    for index in model.graph.inputs.indices {
      guard var shape = model.graph.inputs[index].shape else { continue }
      for axis in 0..<shape.rank where shape[axis].value == nil {
        shape[axis] = .fixed(axis == 0 ? 1 : extent)
      }
      model.graph.inputs[index].shape = shape
    }
    let inference = ShapeInference(model, diagnostics: Diagnostics())
    for (name, facts) in inference.facts {
      guard let dimensions = facts.shape?.dimensions else { continue }
      // An extent that is not known counts as one.
      let shape = Shape(checking: dimensions.map { $0.value ?? 1 })
      let byteCount = shape.flatMap { facts.scalarType.byteCount(elementCount: $0.elementCount) }
      guard let byteCount, byteCount <= workingByteLimit else {
        throw MRDLError(
          .limitExceeded, "a value is too large for a run", found: "\"\(name)\", \(dimensions)")
      }
    }
  }

  private static func checkSize(_ byteCount: Int) throws(MRDLError) {
    guard byteCount <= byteCountLimit else {
      throw MRDLError(
        .limitExceeded, "inputs and answers are too large to be stored",
        found: Quantity.bytes(byteCount), expected: "at most \(Quantity.bytes(byteCountLimit))")
    }
  }
}
