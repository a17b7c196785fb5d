public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX QuantizeLinear: x / scale rounded to the nearest whole number, halves to the even one, plus the zero
/// point, within the range of the type.
///
/// Inputs: the data, the scales and maybe zero points: single numbers, one for each index of `axis` (1
/// unless given), or one for each block of `block_size` along it. The type is that of the zero points, or
/// `output_dtype`, u8 unless given. Real numbers of eight bits and fewer are the nearest ones; `saturate`
/// tells what becomes of those beyond the largest. The division is done in f32 whatever `precision` says.
public struct QuantizeLinear: Operator {
  public static let name = "QuantizeLinear"
  public static let inputCount = 2...3

  private let axis: Int
  private let blockSize: Int
  private let type: ScalarType?
  private let saturates: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: 1)
    blockSize = try attributes.integer("block_size", default: 0, in: 0...Int.max)
    let code = try attributes.integer("output_dtype", default: 0)
    guard let type = code == 0 ? .some(nil) : ScalarType(onnxCode: code).map({ $0 }) else {
      throw attributes.wrongValue("output_dtype", "\(code)", "the number of a type of numbers")
    }
    self.type = type
    saturates = try attributes.flag("saturate", default: true)
    _ = try attributes.integer("precision")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: Set.floats.union([.int32]))
    _ = try operands.required(1, of: Set.floats.union([.int32, .float8E8M0]))
    try QuantizationScales.check(operands, axis: axis, blockSize: blockSize)
    return [ValueFacts(operands.optional(2)?.scalarType ?? type ?? .uint8, data.shape)]
  }

  /// Runs element by element on blocks where one scale serves all, and makes bytes.
  public func blocked(_ request: BlockingRequest) -> BlockedForm? {
    let zeroType = request.inputs.count > 2 ? request.inputs[2]?.scalarType : type ?? .uint8
    guard request.inputs[1]?.constant?.elementCount == 1,
      zeroType == .uint8 || zeroType == .int8
    else { return nil }
    return request.elementwiseForm(self)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    // Sixteen-bit types and f64 are left to others: the former are widened, the latter ONNX lacks here.
    for index in 0...1 where ![.float32, .int32, .float8E8M0].contains(request.inputType(index)) {
      throw request.unsupportedType(request.inputType(index))
    }
    let type = request.outputs[0]?.scalarType ?? .uint8
    let scales = QuantizationScales(request, axis: axis, blockSize: blockSize)
    switch type {
    case .int8, .uint8, .int16, .uint16:
      if request.inputType(0) == .float32 && request.inputType(1) == .float32 {
        if scales.isSingle && type.bitWidth == 8 {
          return QuantizeBytesKernel(isSigned: type == .int8)
        }
        return QuantizeKernel(scales: scales, type: type)
      }
    case .int4, .uint4, .int2, .uint2, .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2,
      .float8E5M2FNUZ, .float4E2M1:
      break
    default:
      throw MRDLError(
        .operatorFailed, "numbers are not quantised to this type", found: type.rawValue,
        expected: "real numbers of 8 or 4 bits, whole ones of 2 to 16", at: request.place)
    }
    return QuantizeByCastingKernel(
      request, scales: scales, type: type, conversion: NarrowConversion(saturates: saturates))
  }
}

/// Quantises to eight bits with one scale.
private struct QuantizeBytesKernel: Kernel {
  let isSigned: Bool

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let output = arguments.outputBytes(0).baseAddress else { return }
    let zero = arguments.hasInput(2) ? arguments.inputBytes(2).first ?? 0 : 0
    Quantization.quantize(
      arguments.input(0, as: Float.self), scale: arguments.input(1, as: Float.self)[0],
      zero: isSigned ? Int32(Int8(bitPattern: zero)) : Int32(zero), isSigned: isSigned,
      into: output, threadLimit: arguments.threadLimit)
  }
}

private struct QuantizeKernel: Kernel {
  let scales: QuantizationScales
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        scales: scales, input: arguments.input(0, as: Float.self),
        factors: arguments.input(1, as: Float.self),
        zeros: arguments.hasInput(2) ? arguments.inputBytes(2) : nil,
        output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let scales: QuantizationScales
    let input: UnsafeBufferPointer<Float>
    let factors: UnsafeBufferPointer<Float>
    let zeros: UnsafeRawBufferPointer?
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let zeros = zeros?.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      for element in y.indices {
        let index = scales.index(of: element)
        let value = (input[element] / factors[index]).rounded(.toNearestOrEven)
        y[element] = Number(nearest: Double(value) + (zeros?[index].real ?? 0))
      }
    }
  }
}

/// Quantises to and from types that Swift lacks, through float32.
private struct QuantizeByCastingKernel: Kernel {
  private let scales: QuantizationScales
  private let data: CastKernel
  private let factors: QuantizationFactors
  private let result: CastKernel
  private let rounds: Bool
  private let count: Int

  init(
    _ request: KernelRequest, scales: QuantizationScales, type: ScalarType,
    conversion: NarrowConversion
  ) {
    self.scales = scales
    count = request.inputShape(0).elementCount
    data = CastKernel(from: request.inputType(0), to: .float32, count: count)
    factors = QuantizationFactors(request, zeroType: type)
    result = CastKernel(from: .float32, to: type, count: count, conversion: conversion)
    rounds = !type.isFloatingPoint
  }

  private var dataByteCount: Int { (count * 4).roundedUp(toMultipleOf: 64) }

  var workspaceByteCount: Int {
    dataByteCount + factors.byteCount + max(data.workspaceByteCount, result.workspaceByteCount)
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let workspace = arguments.workspace
    let values = UnsafeMutableRawBufferPointer(rebasing: workspace[..<dataByteCount])
    let place = UnsafeMutableRawBufferPointer(rebasing: workspace[dataByteCount...])
    let scratch = UnsafeMutableRawBufferPointer(rebasing: place[factors.byteCount...])
    try data.run(from: arguments.inputBytes(0), to: values, scratch: scratch)
    let (scale, zero) = try factors.read(arguments, into: place, scratch: scratch)
    let x = values.assumingMemoryBound(to: Float.self)
    for element in 0..<count {
      let index = scales.index(of: element)
      let value = x[element] / scale[index]
      x[element] = (rounds ? value.rounded(.toNearestOrEven) : value) + (zero?[index] ?? 0)
    }
    try result.run(
      from: UnsafeRawBufferPointer(values), to: arguments.outputBytes(0), scratch: scratch)
  }
}
