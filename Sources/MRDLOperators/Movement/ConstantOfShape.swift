public import MRDLCore
internal import MRDLModel

/// ONNX ConstantOfShape: a tensor of the shape that the input gives, every element the one of `value`, which
/// is 0 in f32 unless given.
public struct ConstantOfShape: Operator {
  public static let name = "ConstantOfShape"
  public static let inputCount = 1...1

  /// One element.
  let value: Tensor

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    let value = try attributes.tensor("value") ?? Tensor(scalar: Float(0))
    guard value.elementCount == 1, value.scalarType.elementByteCount != nil else {
      throw attributes.wrongValue(
        "value", "\(value.scalarType.rawValue) \(value.shape)", "a tensor of one element")
    }
    self.value = value
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let rank = try operands.shape(0, rank: 1...1)?[0].value
    guard let extents = try operands.integers(0) else {
      let unknown = rank.map { SymbolicShape([Dimension](repeating: .unknown, count: $0)) }
      return [ValueFacts(value.scalarType, unknown)]
    }
    guard let shape = Shape(checking: extents),
      value.scalarType.byteCount(elementCount: shape.elementCount) != nil
    else {
      throw operands.shapeMismatch("the extents are not a shape", found: "\(extents)")
    }
    return [ValueFacts(value.scalarType, shape)]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    FillKernel(value: value)
  }
}

/// Writes one element everywhere.
private struct FillKernel: Kernel {
  let value: Tensor

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let target = arguments.outputBytes(0)
    value.withUnsafeBytes { element in
      for start in stride(from: 0, to: target.count, by: element.count) {
        UnsafeMutableRawBufferPointer(rebasing: target[start..<(start + element.count)])
          .copyMemory(from: element)
      }
    }
  }
}
