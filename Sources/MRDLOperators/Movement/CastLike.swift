public import MRDLCore

/// ONNX CastLike: the elements in the type of another tensor, converted as by Cast.
public struct CastLike: Operator {
  public static let name = "CastLike"
  public static let inputCount = 2...2

  private let conversion: NarrowConversion

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    conversion = try NarrowConversion(&attributes)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(try operands.required(1).scalarType, try operands.required(0).shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    for type in [request.inputType(0), request.inputType(1)] where !type.isConvertible {
      throw request.unsupportedType(type)
    }
    return CastKernel(
      from: request.inputType(0), to: request.inputType(1),
      count: request.inputShape(0).elementCount, conversion: conversion)
  }
}
