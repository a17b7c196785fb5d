internal import MRDLCore

/// Copies a tensor that is known beforehand to output 0.
struct ConstantKernel: Kernel {
  private let tensor: Tensor

  init(_ tensor: Tensor) { self.tensor = tensor }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let target = arguments.outputBytes(0)
    tensor.withUnsafeBytes { source in
      if let from = source.baseAddress {
        target.baseAddress?.copyMemory(from: from, byteCount: source.count)
      }
    }
  }
}
