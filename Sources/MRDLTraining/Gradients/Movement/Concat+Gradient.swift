public import MRDLCore
internal import MRDLModel
public import MRDLOperators

/// Every input gets its own part of the residual.
public enum ConcatRule: GradientRule {
  public static let operatorName = "Concat"
  public static let backwardOperators: [any Operator.Type] = [ConcatGradient.self]

  public static func differentiate(_ step: inout GradientStep) throws(MRDLError) {
    let residual = try step.outputResidual()
    let wanted = step.inputNames.indices.map { step.needs($0) }
    let parts = step.add(
      ConcatGradient.self, [residual] + step.inputNames, step.attributes, outputs: wanted)
    for (input, part) in parts.enumerated() where !part.isEmpty {
      step.setResidual(of: input, to: part)
    }
  }
}

/// Cuts a residual into parts: input 0 is the residual, the others lend their shapes, an output each.
public struct ConcatGradient: Operator {
  public static let name = "ConcatGradient"
  public static let domain = OperatorSet.mrdlDomain
  public static let inputCount = 2...Int.max
  public static let outputCount = 1...Int.max

  let axis: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let axis = try attributes.integer("axis") else { throw attributes.missing("axis") }
    self.axis = axis
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    var outputs: [ValueFacts] = []
    for index in 0..<operands.outputCount {
      outputs.append(try operands.required(index + 1).withoutContent)
    }
    return outputs
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let whole = request.inputShape(0)
    guard let axis = whole.normalizedAxis(axis),
      let width = request.inputType(0).elementByteCount
    else { throw request.unsupportedType(request.inputType(0)) }
    let inner = whole.dimensions[(axis + 1)...].reduce(width, *)
    return ConcatGradientKernel(
      rowCount: whole.dimensions[..<axis].reduce(1, *), rowByteCount: whole[axis] * inner,
      partByteCounts: (1..<request.inputs.count).map { request.inputShape($0)[axis] * inner })
  }
}

private struct ConcatGradientKernel: Kernel {
  let rowCount: Int
  let rowByteCount: Int
  /// Of each part, in a row.
  let partByteCounts: [Int]

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let source = arguments.inputBytes(0).baseAddress else { return }
    var offset = 0
    for (part, byteCount) in partByteCounts.enumerated() {
      defer { offset += byteCount }
      guard arguments.hasOutput(part), let target = arguments.outputBytes(part).baseAddress
      else { continue }
      for row in 0..<rowCount {
        (target + row * byteCount).copyMemory(
          from: source + row * rowByteCount + offset, byteCount: byteCount)
      }
    }
  }
}
