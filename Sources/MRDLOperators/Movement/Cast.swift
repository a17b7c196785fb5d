public import MRDLCore
internal import MRDLModel

/// ONNX Cast: the elements in another type.
///
/// Real numbers are cut off towards zero when they become whole; outside the range of the type they
/// become its nearest value, but keep their lowest bits in types below 8 bits, and NaN becomes 0. Whole
/// numbers wrap around. Anything but zero is `true`.
/// `to` is the number of the type in ONNX. Real numbers of eight bits and fewer are the nearest ones, ties to
/// even; `saturate` tells what becomes of those beyond the largest, `round_mode` how powers of two are made.
public struct Cast: Operator {
  public static let name = "Cast"
  public static let inputCount = 1...1

  let target: ScalarType
  private let conversion: NarrowConversion

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let code = try attributes.integer("to") else { throw attributes.missing("to") }
    guard let type = ScalarType(onnxCode: code) else {
      throw attributes.wrongValue("to", "\(code)", "the number of a type of numbers")
    }
    target = type
    conversion = try NarrowConversion(&attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(target, try operands.required(0).shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    for type in [request.inputType(0), target] where !type.isConvertible {
      throw request.unsupportedType(type)
    }
    return CastKernel(
      from: request.inputType(0), to: target, count: request.inputShape(0).elementCount,
      conversion: conversion)
  }
}
