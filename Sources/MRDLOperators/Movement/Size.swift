public import MRDLCore

/// ONNX Size: the number of elements of a tensor.
public struct Size: Operator {
  public static let name = "Size"
  public static let inputCount = 1...1

  public init(attributes: inout AttributeReader) throws(MRDLError) {}

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    guard let shape = try operands.required(0).concreteShape else {
      return [ValueFacts(.int64, .scalar)]
    }
    return [ValueFacts(constant: Tensor(scalar: Int64(shape.elementCount)))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    ConstantKernel(Tensor(scalar: Int64(request.inputShape(0).elementCount)))
  }
}
