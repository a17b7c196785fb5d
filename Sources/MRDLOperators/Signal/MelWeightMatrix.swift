public import MRDLCore
internal import MRDLModel

/// ONNX MelWeightMatrix: triangles that gather the bins of a spectrum into bands of equal width on the mel
/// scale.
///
/// Inputs: the number of bands, the length of the transform, the sample rate in hertz, and the lowest and
/// highest frequency in hertz. Output: [bins, bands].
public struct MelWeightMatrix: Operator {
  public static let name = "MelWeightMatrix"
  public static let inputCount = 5...5

  private let type: ScalarType

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    let code = try attributes.integer("output_datatype", default: 1)
    guard let type = ScalarType(onnxCode: code), Set.arithmetic.contains(type) else {
      throw attributes.wrongValue("output_datatype", "\(code)", "the number of a type of numbers")
    }
    self.type = type
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    guard let bands = try operands.integers(0)?.first,
      let length = try operands.integers(1)?.first, let rate = try operands.integers(2)?.first,
      let low = try operands.required(3, of: .floats).number,
      let high = try operands.required(4, of: .floats).number
    else { return [ValueFacts(type, [.unknown, .unknown])] }
    guard (1...65_536).contains(bands), (1...(1 << 24)).contains(length), rate > 0, low >= 0,
      high >= low, high.isFinite
    else {
      throw operands.shapeMismatch(
        "the sizes of a mel filter are out of range",
        found: "\(bands) bands of \(length) at \(rate) Hz, \(low) to \(high) Hz")
    }
    func mel(_ frequency: Double) -> Double {
      2595 * logarithm(1 + frequency / 700) / logarithm(10)
    }
    let step = (mel(high) - mel(low)) / Double(bands + 2)
    let bins = length / 2 + 1
    let corners = (0..<(bands + 2)).map { index in
      let frequency = 700 * (power(10, (mel(low) + Double(index) * step) / 2595) - 1)
      return Int(((Double(length) + 1) * frequency / Double(rate)).rounded(.down))
    }
    guard corners.allSatisfy({ $0 <= bins }) else {
      throw operands.shapeMismatch(
        "a frequency lies above the spectrum", found: "\(high) Hz", expected: "at most \(rate / 2)")
    }
    var weights = [Double](repeating: 0, count: bins * bands)
    func set(_ bin: Int, _ band: Int, _ value: Double) {
      if bin < bins { weights[bin * bands + band] = value }
    }
    for band in 0..<bands {
      let (left, center, right) = (corners[band], corners[band + 1], corners[band + 2])
      if left == center {
        set(center, band, 1)
      } else {
        for bin in left...center { set(bin, band, Double(bin - left) / Double(center - left)) }
      }
      for bin in center..<max(right, center) {
        set(bin, band, Double(right - bin) / Double(right - center))
      }
    }
    return [
      ValueFacts(constant: try Tensor(weights, shape: Shape([bins, bands])).cast(to: type))
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let weights = try infer(operands)[0].constant else {
      preconditionFailure("a kernel is asked for before the sizes are known")
    }
    return ConstantKernel(weights)
  }
}
