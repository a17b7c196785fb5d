import ArgumentParser
import MRDLCore
import MRDLExport
import MRDLModel
import MRDLQuantization

extension WeightType: ExpressibleByArgument {}
extension RangeChoice: ExpressibleByArgument {}

/// How weights are stored.
struct WeightOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The type of the weights: \(WeightType.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "type"))
  var dtype: WeightType?

  @Option(
    help: ArgumentHelp(
      """
      Samples for --dtype: IDX files, pictures, .npz or .npy. The accuracy lost is measured on them, and i8 \
      takes the ranges of activations from them.
      """, valueName: "path"), completion: .file())
  var calibrate: String?

  @Option(
    help: ArgumentHelp(
      "How --calibrate chooses ranges: \(RangeChoice.allCases.map(\.rawValue).joined(separator: " or ")).",
      valueName: "choice"))
  var ranges: RangeChoice?

  func validate() throws {
    if calibrate != nil && dtype == nil { throw ValidationError("--calibrate needs --dtype.") }
    if ranges != nil && (calibrate == nil || dtype != .i8) {
      throw ValidationError("--ranges needs --dtype i8 and --calibrate.")
    }
  }

  /// The model as it is to be written; nil where it stays as it is.
  ///
  /// - Throws: `MRDL9007` for a format that cannot hold such weights.
  func quantized(
    _ model: Model, for encoding: ModelEncoding
  ) throws(MRDLError) -> QuantizedModel? {
    guard let dtype, dtype != .f32 else { return nil }
    guard encoding.holdsWeights(of: dtype.scalarType) else {
      throw MRDLError(
        .badUsage, "the format does not hold weights of this type",
        found: "\(encoding.rawValue), \(dtype.rawValue)", expected: "mrdl, h5 or onnx")
    }
    return try QuantizedModel(
      model, as: dtype,
      calibration: try calibrate.map { (path) throws(MRDLError) in
        try CalibrationData(path, for: model)
      }, choice: ranges ?? .leastError)
  }
}
