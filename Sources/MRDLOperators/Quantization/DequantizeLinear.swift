public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX DequantizeLinear: (x − zero point) · scale.
///
/// Inputs: the data, the scales and maybe zero points: single numbers, one for each index of `axis` (1
/// unless given), or one for each block of `block_size` along it. The data may be of any type of 8 bits and
/// fewer.
public struct DequantizeLinear: Operator {
  public static let name = "DequantizeLinear"
  public static let inputCount = 2...3

  private let axis: Int
  private let blockSize: Int
  private let type: ScalarType?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 1)
    blockSize = try attributes.integer("block_size", default: 0, in: 0...Int.max)
    let code = try attributes.integer("output_dtype", default: 0)
    guard let type = code == 0 ? .some(nil) : ScalarType(onnxCode: code).map({ $0 }) else {
      throw attributes.wrongValue("output_dtype", "\(code)", "the number of a type of numbers")
    }
    self.type = type
  }

  /// Whether scales stand along an axis of data of some rank, one for each index.
  package func isAlong(_ axis: Int, rank: Int) -> Bool {
    blockSize == 0 && (self.axis < 0 ? self.axis + rank : self.axis) == axis
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    let scales = try operands.required(1, of: Set.floats.union([.float8E8M0]))
    try QuantizationScales.check(operands, axis: axis, blockSize: blockSize)
    if type == nil && scales.scalarType == .float8E8M0 {
      throw operands.badAttribute(
        "scales that are powers of two do not tell the type of the result",
        expected: "attribute \"output_dtype\"")
    }
    return [ValueFacts(type ?? scales.scalarType, data.shape)]
  }

  /// Runs element by element on blocks where one scale serves all.
  public func blocked(_ request: BlockingRequest) -> BlockedForm? {
    guard request.inputs[1]?.constant?.elementCount == 1 else { return nil }
    return request.elementwiseForm(self)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    let scaleType = request.inputType(1)
    guard [.float32, .float8E8M0].contains(scaleType), request.outputs[0]?.scalarType == .float32
    else { throw request.unsupportedType(scaleType) }
    let scales = QuantizationScales(request, axis: axis, blockSize: blockSize)
    if scaleType == .float32 && Set.wholeNumbers.contains(type) {
      return DequantizeKernel(scales: scales, type: type)
    }
    guard Set.wholeNumbers.contains(type) || NarrowNumbers(type) != nil else {
      throw MRDLError(
        .operatorFailed, "numbers of this type are not dequantised", found: type.rawValue,
        expected: "whole numbers or real ones of 8 or 4 bits", at: request.place)
    }
    return DequantizeByCastingKernel(request, scales: scales)
  }
}

private struct DequantizeKernel: Kernel {
  let scales: QuantizationScales
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        scales: scales, input: arguments.inputBytes(0),
        factors: arguments.input(1, as: Float.self),
        zeros: arguments.hasInput(2) ? arguments.inputBytes(2) : nil,
        output: arguments.output(0, as: Float.self)))
  }

  private struct Visitor: NumberVisitor {
    let scales: QuantizationScales
    let input: UnsafeRawBufferPointer
    let factors: UnsafeBufferPointer<Float>
    let zeros: UnsafeRawBufferPointer?
    let output: UnsafeMutableBufferPointer<Float>

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let zeros = zeros?.assumingMemoryBound(to: type)
      let isDone = scales.forEachStretch(count: output.count) { elements, index in
        let (zero, factor) = (zeros?[index].real ?? 0, factors[index])
        for element in elements { output[element] = Float(x[element].real - zero) * factor }
      }
      if isDone { return }
      for element in output.indices {
        let index = scales.index(of: element)
        output[element] = Float(x[element].real - (zeros?[index].real ?? 0)) * factors[index]
      }
    }
  }
}

/// Dequantises types that Swift lacks, through float32.
private struct DequantizeByCastingKernel: Kernel {
  private let scales: QuantizationScales
  private let data: CastKernel
  private let factors: QuantizationFactors

  init(_ request: KernelRequest, scales: QuantizationScales) {
    self.scales = scales
    let type = request.inputType(0)
    data = CastKernel(from: type, to: .float32, count: request.inputShape(0).elementCount)
    factors = QuantizationFactors(request, zeroType: type)
  }

  var workspaceByteCount: Int { factors.byteCount + data.workspaceByteCount }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let scratch = UnsafeMutableRawBufferPointer(
      rebasing: arguments.workspace[factors.byteCount...])
    try data.run(
      from: arguments.inputBytes(0), to: arguments.outputBytes(0), scratch: scratch)
    let (scale, zero) = try factors.read(arguments, into: arguments.workspace, scratch: scratch)
    let y = arguments.output(0, as: Float.self)
    for element in y.indices {
      let index = scales.index(of: element)
      y[element] = (y[element] - (zero?[index] ?? 0)) * scale[index]
    }
  }
}
