internal import MRDLCore
internal import MRDLNumerics

/// Runs a `SeparableGather` on input 0.
struct GatherKernel: Kernel {
  private let gather: SeparableGather
  /// The input that gives the value for positions outside; nil for zero.
  private let valueInput: Int?
  /// Zero in every type.
  private let zero: UInt64 = 0

  init(_ gather: SeparableGather, valueInput: Int? = nil) {
    self.gather = gather
    self.valueInput = valueInput
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let source = arguments.inputBytes(0).baseAddress,
      let target = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    if let valueInput, arguments.hasInput(valueInput) {
      gather.run(
        source: source, target: target, value: arguments.inputBytes(valueInput).baseAddress)
    } else {
      withUnsafeBytes(of: zero) { zero in
        gather.run(source: source, target: target, value: zero.baseAddress)
      }
    }
  }
}
