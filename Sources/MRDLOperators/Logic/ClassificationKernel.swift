internal import MRDLCore

/// Tells real numbers that are not finite.
struct ClassificationKernel: Kernel {
  enum Kind: Sendable {
    case nan
    case infinite(negative: Bool, positive: Bool)
  }

  private let kind: Kind
  private let scalarType: ScalarType

  init(_ kind: Kind, _ request: KernelRequest) throws(MRDLError) {
    self.kind = kind
    scalarType = request.inputType(0)
    guard Set.realNumbers.contains(scalarType) else {
      throw request.unsupportedType(scalarType)
    }
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    if scalarType == .float32 {
      classify(arguments, Float.self)
    } else {
      classify(arguments, Double.self)
    }
  }

  private func classify<Scalar: TensorElement & BinaryFloatingPoint>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    let input = arguments.input(0, as: type)
    let output = arguments.output(0, as: Bool.self)
    switch kind {
    case .nan: for index in output.indices { output[index] = input[index].isNaN }
    case .infinite(let negative, let positive):
      for index in output.indices {
        let value = input[index]
        output[index] = value.isInfinite && (value < 0 ? negative : positive)
      }
    }
  }
}
