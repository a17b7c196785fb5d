package import MRDLCore
internal import MRDLModel

/// What the windows of signal processing have in common: a sum of cosines, Σ aᵢ cos(2πin / N).
///
/// Input: the number of samples, N. With `periodic` 0 the window is symmetric, and N is one less in the
/// formula. `output_datatype` is the number of the type in ONNX, f32 unless given.
package protocol CosineWindow: Operator {
  /// The factors aᵢ, with their signs.
  static var factors: [Double] { get }
  var options: CosineWindowOptions { get }
}

/// The attributes of a window.
package struct CosineWindowOptions: Sendable {
  let type: ScalarType
  let isPeriodic: Bool

  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    let code = try attributes.integer("output_datatype", default: 1)
    guard let type = ScalarType(onnxCode: code), Set.arithmetic.contains(type) else {
      throw attributes.wrongValue("output_datatype", "\(code)", "the number of a type of numbers")
    }
    self.type = type
    isPeriodic = try attributes.flag("periodic", default: true)
  }
}

extension CosineWindow {
  public static var inputCount: ClosedRange<Int> { 1...1 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    guard let count = try operands.integers(0)?.first else {
      return [ValueFacts(options.type, [.unknown])]
    }
    guard (0...Self.limit).contains(count) else {
      throw operands.shapeMismatch(
        "the size of a window is out of range", found: "\(count)", expected: "0 to \(Self.limit)")
    }
    let divisor = Double(options.isPeriodic ? count : count - 1)
    let values = (0..<count).map { sample in
      Self.factors.enumerated().reduce(0) { sum, factor in
        sum + factor.element
          * cosine(2 * .pi * Double(factor.offset) * Double(sample) / max(divisor, 1))
      }
    }
    return [ValueFacts(constant: try Tensor(values).cast(to: options.type))]
  }

  private static var limit: Int { 1 << 30 }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let window = try infer(operands)[0].constant else {
      preconditionFailure("a kernel is asked for before the size is known")
    }
    return ConstantKernel(window)
  }
}
