package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What Add, Sub, Mul and Div have in common: C = A ∘ B element by element, with the broadcasting rules
/// of NumPy.
///
/// Whole numbers wrap around.
package protocol BinaryArithmetic: Operator {
  static var operation: Broadcasting.Operation { get }
}

extension BinaryArithmetic {
  public static var inputCount: ClosedRange<Int> { 2...2 }

  public func blocked(_ request: BlockingRequest) -> BlockedForm? { request.elementwiseForm(self) }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .arithmetic)
    let left = try operands.required(0)
    let right = try operands.required(1)
    return [ValueFacts(type, try operands.broadcast(left.shape, right.shape))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    try ArithmeticKernel(Self.operation, request)
  }
}

/// Runs a `Broadcasting`.
struct ArithmeticKernel: Kernel {
  private let arithmetic: Broadcasting
  private let place: Place
  private let isInPlace: (Bool, Bool)

  /// - Parameter type: what the elements are taken for; by default the type of input 0.
  init(
    _ operation: Broadcasting.Operation, _ request: KernelRequest, as type: ScalarType? = nil
  ) throws(MRDLError) {
    let (left, right) = (request.inputShape(0), request.inputShape(1))
    guard let layout = BroadcastLayout(left, right) else {
      preconditionFailure("a kernel for shapes that inference refuses")
    }
    guard let arithmetic = Broadcasting(operation, type ?? request.inputType(0), layout) else {
      throw request.unsupportedType(request.inputType(0))
    }
    self.arithmetic = arithmetic
    place = request.place
    isInPlace = (left == layout.shape, right == layout.shape)
  }

  var inPlacePairs: [(input: Int, output: Int)] {
    (isInPlace.0 ? [(0, 0)] : []) + (isInPlace.1 ? [(1, 0)] : [])
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let left = arguments.inputBytes(0).baseAddress,
      let right = arguments.inputBytes(1).baseAddress,
      let output = arguments.outputBytes(0).baseAddress
    else { return }
    let divides = arithmetic.run(left: left, right: right, output: output)
    if !divides {
      throw MRDLError(
        .operatorFailed, "a whole number is divided by zero", found: "a divisor of 0",
        expected: "none", at: place)
    }
  }
}
