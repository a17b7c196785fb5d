package import MRDLCore
internal import MRDLModel

extension Operator {
  /// The kernel for a request; where the operator has none in 16-bit real numbers, one that computes in
  /// float32 and rounds the outputs once.
  ///
  /// - Throws: what `makeKernel` throws.
  package func preparedKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    do {
      return try makeKernel(request)
    } catch {
      guard error.code == .unsupportedScalarType, WideningKernel.helps(request) else { throw error }
      return try WideningKernel(self, request)
    }
  }
}

/// Runs a kernel of float32 on float16 or bfloat16: inputs are widened into the workspace, outputs are
/// rounded from it.
struct WideningKernel: Kernel {
  /// A copy of an input or output in float32.
  private struct Copy {
    let cast: CastKernel
    let byteOffset: Int
    let byteCount: Int
  }

  private let kernel: any Kernel
  private let inputs: [Copy?]
  private let outputs: [Copy?]
  /// Where the workspace of the kernel begins, after the copies.
  private let innerByteOffset: Int
  /// Where the scratch of the casts begins.
  private let castByteOffset: Int
  /// Where the pointers to all buffers begin.
  private let tableByteOffset: Int
  let workspaceByteCount: Int

  static func helps(_ request: KernelRequest) -> Bool {
    (request.inputs + request.outputs).contains { $0.map { isNarrow($0.scalarType) } ?? false }
  }

  private static func isNarrow(_ type: ScalarType) -> Bool { type == .float16 || type == .bfloat16 }

  init(_ op: some Operator, _ request: KernelRequest) throws(MRDLError) {
    var byteOffset = 0
    func reserve(_ byteCount: Int) -> Int {
      defer {
        byteOffset += (byteCount + Storage.alignment - 1) / Storage.alignment * Storage.alignment
      }
      return byteOffset
    }
    func copy(_ facts: ValueFacts?, isInput: Bool) -> Copy? {
      guard let facts, let shape = facts.concreteShape, Self.isNarrow(facts.scalarType) else {
        return nil
      }
      let count = shape.elementCount
      return Copy(
        cast: CastKernel(
          from: isInput ? facts.scalarType : .float32, to: isInput ? .float32 : facts.scalarType,
          count: count),
        byteOffset: reserve(count * 4), byteCount: count * 4)
    }
    inputs = request.inputs.map { copy($0, isInput: true) }
    outputs = request.outputs.map { copy($0, isInput: false) }
    kernel = try op.makeKernel(
      KernelRequest(
        inputs: try request.inputs.map { (facts) throws(MRDLError) in try Self.widened(facts) },
        outputs: try request.outputs.map { (facts) throws(MRDLError) in try Self.widened(facts) },
        packedConstants: request.packedConstants, place: request.place))
    innerByteOffset = reserve(kernel.workspaceByteCount)
    castByteOffset = reserve(
      (inputs + outputs).reduce(0) { max($0, $1?.cast.workspaceByteCount ?? 0) })
    tableByteOffset = reserve(
      (inputs.count + outputs.count + 4) * MemoryLayout<UnsafeMutableRawBufferPointer>.stride)
    workspaceByteCount = byteOffset
  }

  private static func widened(_ facts: ValueFacts?) throws(MRDLError) -> ValueFacts? {
    guard let facts, isNarrow(facts.scalarType) else { return facts }
    guard let constant = facts.constant else { return ValueFacts(.float32, facts.shape) }
    let cast = CastKernel(
      from: constant.scalarType, to: .float32, count: constant.elementCount)
    let wide = Tensor(zeros: constant.shape, scalarType: .float32)
    let scratch = Storage(byteCount: cast.workspaceByteCount)
    let buffers = [
      UnsafeMutableRawBufferPointer(
        start: constant.storage.base + constant.byteOffset, count: constant.byteCount),
      UnsafeMutableRawBufferPointer(
        start: wide.storage.base + wide.byteOffset, count: wide.byteCount),
      UnsafeMutableRawBufferPointer(start: scratch.base, count: scratch.byteCount),
    ]
    try withExtendedLifetime((constant, wide, scratch)) { () throws(MRDLError) in
      try buffers.span.withUnsafeBufferPointer { (pointers) throws(MRDLError) in
        guard let base = pointers.baseAddress else { return }
        try cast.run(
          KernelArguments(buffers: base, inputCount: 1, outputCount: 1, threadLimit: 1))
      }
    }
    return ValueFacts(constant: wide)
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let base = arguments.workspace.baseAddress else { return }
    let table = (base + tableByteOffset).bindMemory(
      to: UnsafeMutableRawBufferPointer.self, capacity: inputs.count + outputs.count + 4)
    for (index, copy) in inputs.enumerated() {
      table[index] = UnsafeMutableRawBufferPointer(mutating: arguments.inputBytes(index))
      guard let copy, arguments.hasInput(index) else { continue }
      let wide = UnsafeMutableRawBufferPointer(
        start: base + copy.byteOffset, count: copy.byteCount)
      try cast(copy, from: arguments.inputBytes(index), to: wide, base, table)
      table[index] = wide
    }
    for (index, copy) in outputs.enumerated() {
      table[inputs.count + index] = arguments.outputBytes(index)
      guard let copy, arguments.hasOutput(index) else { continue }
      table[inputs.count + index] = UnsafeMutableRawBufferPointer(
        start: base + copy.byteOffset, count: copy.byteCount)
    }
    table[inputs.count + outputs.count] = UnsafeMutableRawBufferPointer(
      start: base + innerByteOffset, count: kernel.workspaceByteCount)
    try kernel.run(
      KernelArguments(
        buffers: table, inputCount: inputs.count, outputCount: outputs.count,
        threadLimit: arguments.threadLimit))
    for (index, copy) in outputs.enumerated() {
      guard let copy, arguments.hasOutput(index) else { continue }
      try cast(
        copy, from: UnsafeRawBufferPointer(table[inputs.count + index]),
        to: arguments.outputBytes(index), base, table)
    }
  }

  /// Runs a cast on three buffers behind those of the kernel.
  private func cast(
    _ copy: Copy, from source: UnsafeRawBufferPointer, to target: UnsafeMutableRawBufferPointer,
    _ base: UnsafeMutableRawPointer, _ table: UnsafeMutablePointer<UnsafeMutableRawBufferPointer>
  ) throws(MRDLError) {
    guard copy.byteCount > 0 else { return }
    let buffers = table + inputs.count + outputs.count + 1
    buffers[0] = UnsafeMutableRawBufferPointer(mutating: source)
    buffers[1] = target
    buffers[2] = UnsafeMutableRawBufferPointer(
      start: base + castByteOffset, count: copy.cast.workspaceByteCount)
    try copy.cast.run(
      KernelArguments(buffers: buffers, inputCount: 1, outputCount: 1, threadLimit: 1))
  }
}
