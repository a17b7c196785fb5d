package import MRDLCore
package import MRDLModel
internal import MRDLRuntime

/// A model with its weights in another type, and what that changes.
package struct QuantizedModel: Sendable {
  package private(set) var model: Model
  private let type: WeightType
  private let calibration: (sampleCount: Int, choice: RangeChoice)?
  private let layerCount: Int?
  private let kept: [KeptPart]
  private let byteCounts: (before: Int, after: Int)
  /// nil where the model could not be run, and why.
  package private(set) var loss: AccuracyLoss?
  private var lossRefusal: String?

  /// Stores the weights in another type, and holds the answers against those before.
  ///
  /// - Parameters:
  ///   - data: what ranges and errors are measured on. With it `i8` is a static quantisation of weights and
  ///     activations, without it weights alone are stored in eight bits.
  /// - Throws: what the conversion and the model's own runs report.
  package init(
    _ source: Model, as type: WeightType, calibration data: CalibrationData?,
    choice: RangeChoice = .leastError
  ) throws(MRDLError) {
    self.type = type
    if type == .i8, let data {
      let result = try StaticQuantization(source, calibration: data, choice: choice)
      (model, kept, byteCounts) = (result.model, result.kept, result.byteCounts)
      layerCount = result.layerCount
    } else {
      let result = try StoredWeights(source, as: type)
      (model, kept, byteCounts) = (result.model, result.kept, result.byteCounts)
      layerCount = nil
    }
    calibration = data.map { ($0.sampleCount, choice) }
    guard !source.isWeightsOnly else {
      lossRefusal = "weights alone cannot be run"
      return
    }
    if let data {
      loss = try AccuracyLoss(of: model, against: source, on: data)
    } else {
      measure(against: source)
    }
    try renewGoldenVectors()
  }

  /// Measures on the inputs of golden vectors, or on numbers that are made up.
  private mutating func measure(against source: Model) {
    do throws(MRDLError) {
      var batches: [[String: GraphValue]] = []
      for golden in source.goldenVectors {
        batches.append(try golden.loadInputs(from: source.tensors))
      }
      if batches.isEmpty {
        batches.append(try RandomInputs.values(for: source.givenInputs, batch: 1))
      }
      loss = try AccuracyLoss(of: model, against: source, on: CalibrationData(batches: batches))
    } catch {
      lossRefusal = error.finding.description
    }
  }

  /// What golden vectors vouch for from now on is the arithmetic of this model.
  private mutating func renewGoldenVectors() throws(MRDLError) {
    guard !model.goldenVectors.isEmpty else { return }
    let program = try Program(model)
    for (index, golden) in model.goldenVectors.enumerated() {
      var session = Session(program)
      let outputs = try session.run(values: try golden.loadInputs(from: model.tensors))
      for (output, value) in golden.outputs {
        for (name, tensor) in zip(value.tensorNames, outputs[output]?.tensors ?? []) {
          model.tensors[name] = ModelTensor(name, tensor)
        }
      }
      // Rounding to eight bits makes a step of a difference in the last place, and later layers carry it on.
      guard layerCount != nil else { continue }
      var largest = 0.0
      for tensor in outputs.values.flatMap(\.tensors) {
        for number in try Answer.numbers(in: tensor) { largest = max(largest, abs(number)) }
      }
      model.goldenVectors[index].absoluteTolerance = max(golden.absoluteTolerance, largest / 20)
    }
  }

  // MARK: Report

  package var text: String {
    var text = "  weights as \(type.rawValue): \(Quantity.bytes(byteCounts.before)) → "
    text += "\(Quantity.bytes(byteCounts.after))"
    if let layerCount {
      text += ", \(Quantity.count(layerCount, "layer")) in whole numbers"
    }
    if let calibration, layerCount != nil {
      text += ", ranges by \(calibration.choice.rawValue)"
    }
    text += "\n  accuracy lost "
    if let loss {
      text += "\(loss.text)\n"
    } else {
      text += "not measured: \(lossRefusal ?? "")\n"
    }
    for part in kept { text += "  in f32: \(part.name.escapedForDisplay): \(part.reason)\n" }
    return text
  }

  package var json: JSONValue {
    .object([
      "dtype": .string(type.rawValue),
      "layers": layerCount.map { .integer(Int64($0)) } ?? .null,
      "weight_bytes": .object([
        "before": .integer(Int64(byteCounts.before)), "after": .integer(Int64(byteCounts.after)),
      ]),
      "calibration": calibration.map { calibration in
        .object([
          "samples": .integer(Int64(calibration.sampleCount)),
          "ranges": .string(calibration.choice.rawValue),
        ])
      } ?? .null,
      "accuracy": loss?.json ?? .null,
      "kept": .array(
        kept.map { .object(["part": .string($0.name), "reason": .string($0.reason)]) }),
    ])
  }
}
