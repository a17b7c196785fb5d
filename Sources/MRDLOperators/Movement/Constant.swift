public import MRDLCore
internal import MRDLModel

/// ONNX Constant: a tensor that stands in the graph, given by one of the attributes `value` (a tensor of
/// the table), `value_float`, `value_floats`, `value_int` and `value_ints`.
public struct Constant: Operator {
  public static let name = "Constant"
  public static let inputCount = 0...0

  let tensor: Tensor

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    for name in ["value_string", "value_strings", "sparse_value"]
    where attributes.node.attributes[name] != nil {
      throw attributes.wrongValue(name, "strings or a sparse tensor", "numbers in a dense tensor")
    }
    var found: [Tensor] = []
    if let value = try attributes.tensor("value") { found.append(value) }
    if let value = try attributes.float("value_float") {
      found.append(Tensor(scalar: Float(value)))
    }
    if let values = try attributes.floats("value_floats") {
      found.append(Tensor(values.map { Float($0) }))
    }
    if let value = try attributes.integer("value_int") {
      found.append(Tensor(scalar: Int64(value)))
    }
    if let values = try attributes.integers("value_ints") {
      found.append(Tensor(values.map { Int64($0) }))
    }
    guard found.count == 1, let tensor = found.first else {
      throw MRDLError(
        .badAttribute, "a constant has not exactly one value", found: "\(found.count)",
        expected: "1", at: attributes.place)
    }
    self.tensor = tensor
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [ValueFacts(constant: tensor)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    ConstantKernel(tensor)
  }
}
