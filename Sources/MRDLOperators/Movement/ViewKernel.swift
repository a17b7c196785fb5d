public import MRDLCore

/// Copies input 0 to output 0, for views whose output needs memory of its own.
public struct ViewKernel: Kernel {
  public init() {}

  public var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  public func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let source = arguments.inputBytes(0)
    let target = arguments.outputBytes(0)
    guard let from = source.baseAddress, let to = target.baseAddress,
      UnsafeRawPointer(to) != from
    else { return }
    to.copyMemory(from: from, byteCount: target.count)
  }
}
