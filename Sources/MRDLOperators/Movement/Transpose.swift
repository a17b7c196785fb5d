public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Transpose: axis i of the output is axis `perm[i]` of the input; without `perm` the order of the
/// axes is turned around.
public struct Transpose: Operator {
  public static let name = "Transpose"
  public static let inputCount = 1...1

  package let permutation: [Int]?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    permutation = try attributes.integers("perm")
    if let permutation, permutation.sorted() != Array(permutation.indices) {
      throw attributes.wrongValue("perm", "\(permutation)", "each axis once")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .stored)
    guard let shape = data.shape else {
      let unknown = permutation.map { SymbolicShape($0.map { _ in .unknown }) }
      return [ValueFacts(data.scalarType, unknown)]
    }
    if let permutation, permutation.count != shape.rank {
      throw operands.badAttribute(
        "attribute \"perm\" does not fit the input",
        found: Quantity.count(permutation.count, "axis"),
        expected: "\(shape.rank)")
    }
    let order = permutation ?? Array((0..<shape.rank).reversed())
    return [ValueFacts(data.scalarType, SymbolicShape(order.map { shape[$0] }))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    guard let width = request.inputType(0).elementByteCount else {
      throw request.unsupportedType(request.inputType(0))
    }
    let order = permutation ?? Array((0..<shape.rank).reversed())
    return CopyKernel([StridedCopy(transposing: shape, by: order, elementByteCount: width)])
  }
}
