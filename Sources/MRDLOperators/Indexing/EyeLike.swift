public import MRDLCore
internal import MRDLModel

/// ONNX EyeLike: ones on a diagonal, zeros elsewhere, of the shape of the input.
///
/// `k` is the number of the diagonal, positive above the main one; `dtype` the type, unless that of the
/// input.
public struct EyeLike: Operator {
  public static let name = "EyeLike"
  public static let inputCount = 1...1

  private let diagonal: Int
  private let type: ScalarType?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    diagonal = try attributes.integer("k", default: 0)
    if let code = try attributes.integer("dtype") {
      guard let type = ScalarType(onnxCode: code) else {
        throw attributes.wrongValue("dtype", "\(code)", "the number of a type of numbers")
      }
      self.type = type
    } else {
      type = nil
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0)
    return [ValueFacts(type ?? data.scalarType, try operands.shape(0, rank: 2...2))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    let type = type ?? request.inputType(0)
    guard type.hasNumbers || type == .bool else { throw request.unsupportedType(type) }
    return EyeKernel(
      rows: shape[0], columns: shape[1], diagonal: diagonal, type: type)
  }
}

private struct EyeKernel: Kernel {
  let rows: Int
  let columns: Int
  let diagonal: Int
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(Visitor(kernel: self, output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: EyeKernel
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let output = output.assumingMemoryBound(to: type)
      for index in output.indices { output[index] = .zero }
      for row in 0..<kernel.rows {
        let (column, overflows) = row.addingReportingOverflow(kernel.diagonal)
        if !overflows, column >= 0, column < kernel.columns {
          output[row * kernel.columns + column] = .one
        }
      }
    }
  }
}
