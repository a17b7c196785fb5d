public import MRDLCore

/// The arithmetic of one node, prepared for concrete types and shapes.
///
/// A kernel never changes: what it writes lies in its outputs and its workspace. Many sessions run
/// the same kernel at the same time. A run allocates nothing.
public protocol Kernel: Sendable {
  /// Bytes of scratch memory, aligned to 64 bytes; their content is undefined before each run.
  var workspaceByteCount: Int { get }

  /// Pairs of an input and an output of equal size that may be the same memory.
  var inPlacePairs: [(input: Int, output: Int)] { get }

  /// Inputs that a run does not read, because the kernel has them in another layout; they may be empty.
  var unreadInputs: [Int] { get }

  /// The way of computing that was chosen by shape where there are several, for profiles.
  var method: String? { get }

  /// Computes the outputs.
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError)
}

extension Kernel {
  public var workspaceByteCount: Int { 0 }
  public var inPlacePairs: [(input: Int, output: Int)] { [] }
  public var unreadInputs: [Int] { [] }
  public var method: String? { nil }
}

/// The memory that a kernel works on during one run.
///
/// Every buffer is aligned to 64 bytes, except inputs of the graph and constants, which are aligned to
/// their element. Outputs that nobody needs are empty, as are inputs that are left out.
public struct KernelArguments: ~Copyable {
  private let buffers: UnsafePointer<UnsafeMutableRawBufferPointer>
  /// The number of inputs of the node.
  public let inputCount: Int
  /// The number of outputs of the node.
  public let outputCount: Int
  /// How many threads may take part. Results must not depend on it.
  public let threadLimit: Int
  /// Whether a kernel may begin with what it reads last in other runs: every other run of a session asks for
  /// it, because constants that a cache does not hold all are there in part, and those read last before any
  /// others. Results must not depend on it.
  public let startsFromEnd: Bool

  /// - Parameter buffers: inputs, then outputs, then the workspace.
  public init(
    buffers: UnsafePointer<UnsafeMutableRawBufferPointer>, inputCount: Int, outputCount: Int,
    threadLimit: Int, startsFromEnd: Bool = false
  ) {
    self.buffers = buffers
    self.inputCount = inputCount
    self.outputCount = outputCount
    self.threadLimit = threadLimit
    self.startsFromEnd = startsFromEnd
  }

  /// Whether an input is there.
  public func hasInput(_ index: Int) -> Bool {
    index < inputCount && buffers[index].baseAddress != nil
  }

  /// Whether somebody needs an output.
  public func hasOutput(_ index: Int) -> Bool {
    index < outputCount && buffers[inputCount + index].baseAddress != nil
  }

  /// The bytes of an input.
  public func inputBytes(_ index: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(buffers[index])
  }

  /// The bytes of an output.
  public func outputBytes(_ index: Int) -> UnsafeMutableRawBufferPointer {
    buffers[inputCount + index]
  }

  /// The scratch memory.
  public var workspace: UnsafeMutableRawBufferPointer { buffers[inputCount + outputCount] }

  /// The elements of an input.
  @inlinable
  public func input<Element: TensorElement>(
    _ index: Int, as type: Element.Type = Element.self
  ) -> UnsafeBufferPointer<Element> {
    inputBytes(index).assumingMemoryBound(to: type)
  }

  /// The elements of an output.
  @inlinable
  public func output<Element: TensorElement>(
    _ index: Int, as type: Element.Type = Element.self
  ) -> UnsafeMutableBufferPointer<Element> {
    outputBytes(index).assumingMemoryBound(to: type)
  }
}
