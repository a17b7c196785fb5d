internal import MRDLCore
internal import MRDLNumerics

/// Reduces real numbers, one stage after the other.
struct StagedReductionKernel: Kernel {
  private let reductions: [Reduction]
  private let buffers: (Int, Int)

  init(_ type: ScalarType, _ kind: Reduction.Kind, _ stages: [ReductionStage]) {
    // The mean of means of equally many numbers is their mean.
    reductions = stages.map {
      Reduction(type, kind, outer: $0.outer, length: $0.length, inner: $0.inner)
    }
    buffers = ReductionStage.buffers(stages, elementByteCount: type.bitWidth / 8)
  }

  var workspaceByteCount: Int { buffers.0 + buffers.1 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard var source = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    for index in reductions.indices {
      var target = output
      if index < reductions.count - 1, let workspace = arguments.workspace.baseAddress {
        target = index % 2 == 0 ? workspace : workspace + buffers.0
      }
      reductions[index].run(
        input: source, output: target, threadLimit: arguments.threadLimit)
      source = UnsafeRawPointer(target)
    }
  }
}

/// Reduces whole numbers and truth values. Sums wrap around; means are cut off towards zero; the maximum
/// of nothing is the lowest number.
struct IntegerReductionKernel: Kernel {
  private let scalarType: ScalarType
  private let isMaximum: Bool
  private let stages: [ReductionStage]
  /// What a sum is divided by.
  private let divisor: Int
  private let buffers: (Int, Int)

  init(_ type: ScalarType, _ kind: Reduction.Kind, _ stages: [ReductionStage]) {
    scalarType = type
    isMaximum = kind == .maximum
    self.stages = stages
    divisor = kind == .mean ? stages.reduce(1) { $0 * $1.length } : 1
    buffers = ReductionStage.buffers(stages, elementByteCount: type.bitWidth / 8)
  }

  var workspaceByteCount: Int { buffers.0 + buffers.1 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    switch scalarType {
    case .int8: run(arguments, Int8.self)
    case .int16: run(arguments, Int16.self)
    case .int32: run(arguments, Int32.self)
    case .int64: run(arguments, Int64.self)
    case .uint16: run(arguments, UInt16.self)
    case .uint32: run(arguments, UInt32.self)
    case .uint64: run(arguments, UInt64.self)
    // A truth value is a byte of 0 or 1.
    default: run(arguments, UInt8.self)
    }
  }

  private func run<Scalar: TensorElement & FixedWidthInteger>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    guard var source = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty
    else { return }
    for index in stages.indices {
      var target = output
      if index < stages.count - 1, let workspace = arguments.workspace.baseAddress {
        target = index % 2 == 0 ? workspace : workspace + buffers.0
      }
      reduce(
        stages[index], source.assumingMemoryBound(to: type), target.assumingMemoryBound(to: type))
      source = UnsafeRawPointer(target)
    }
    if divisor > 1 {
      for element in arguments.output(0, as: type).indices {
        let sum = arguments.output(0, as: type)[element]
        // A divisor beyond the type is larger than any sum in it.
        arguments.output(0, as: type)[element] = Scalar(exactly: divisor).map { sum / $0 } ?? 0
      }
    }
  }

  private func reduce<Scalar: TensorElement & FixedWidthInteger>(
    _ stage: ReductionStage, _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>
  ) {
    for block in 0..<stage.outer {
      let result = y + block * stage.inner
      for j in 0..<stage.inner { result[j] = isMaximum ? .min : 0 }
      for i in 0..<stage.length {
        let line = x + (block * stage.length + i) * stage.inner
        if isMaximum {
          for j in 0..<stage.inner { result[j] = max(result[j], line[j]) }
        } else {
          for j in 0..<stage.inner { result[j] = result[j] &+ line[j] }
        }
      }
    }
  }
}
