internal import MRDLCore
internal import MRDLModel

/// A product or convolution of whole numbers of eight bits, computed in float64, which holds every sum of
/// their products exactly.
struct IntegerProductKernel: Kernel {
  /// Where the operands and what goes with them stand among the inputs.
  struct Inputs: Sendable {
    var right = 1
    var leftZero: Int
    var rightZero: Int
    /// Scales of the operands and the result, and the zero point of the result; nil for i32.
    var requantization: (left: Int, right: Int, output: Int, zero: Int)?
    var bias: Int?
  }

  /// Which entry of a vector an element has: `element / inner % length`.
  struct Vector: Sendable {
    let inner: Int
    let length: Int

    func index(_ element: Int, count: Int) -> Int {
      count == 1 ? 0 : element / max(inner, 1) % max(length, 1)
    }
  }

  private let inner: any Kernel
  private let inputs: Inputs
  private let types: (left: ScalarType, right: ScalarType, output: ScalarType)
  private let counts: (left: Int, right: Int, output: Int)
  private let vectors: (left: Vector, right: Vector, output: Vector)
  private let place: Place

  init(
    _ op: some Operator, _ request: KernelRequest, _ inputs: Inputs, left: Vector, right: Vector,
    output: Vector
  ) throws(MRDLError) {
    let shapes = (request.inputShape(0), request.inputShape(inputs.right), request.outputShape())
    inner = try op.makeKernel(
      KernelRequest(
        inputs: [ValueFacts(.float64, shapes.0), ValueFacts(.float64, shapes.1)],
        outputs: [ValueFacts(.float64, shapes.2)], packedConstants: request.packedConstants,
        place: request.place))
    self.inputs = inputs
    types = (
      request.inputType(0), request.inputType(inputs.right),
      request.outputs[0]?.scalarType ?? .int32
    )
    counts = (shapes.0.elementCount, shapes.1.elementCount, shapes.2.elementCount)
    vectors = (left, right, output)
    place = request.place
  }

  private func rounded(_ count: Int) -> Int { (count * 8).roundedUp(toMultipleOf: 64) }

  private var castByteCount: Int {
    max(
      CastKernel(from: types.left, to: .float64, count: 0).workspaceByteCount,
      CastKernel(from: types.right, to: .float64, count: 0).workspaceByteCount)
  }

  var workspaceByteCount: Int {
    rounded(counts.left) + rounded(counts.right) + rounded(counts.output)
      + max(inner.workspaceByteCount, castByteCount)
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard counts.output > 0, let base = arguments.workspace.baseAddress else { return }
    let left = UnsafeMutableRawBufferPointer(start: base, count: counts.left * 8)
    let right = UnsafeMutableRawBufferPointer(
      start: base + rounded(counts.left), count: counts.right * 8)
    let output = UnsafeMutableRawBufferPointer(
      start: base + rounded(counts.left) + rounded(counts.right), count: counts.output * 8)
    let rest = UnsafeMutableRawBufferPointer(
      start: base + rounded(counts.left) + rounded(counts.right) + rounded(counts.output),
      count: max(inner.workspaceByteCount, castByteCount))
    try widen(arguments, 0, inputs.leftZero, types.left, vectors.left, left, rest)
    try widen(arguments, inputs.right, inputs.rightZero, types.right, vectors.right, right, rest)
    let threadLimit = arguments.threadLimit
    let kernel = inner
    var failure: MRDLError?
    withUnsafeTemporaryAllocation(of: UnsafeMutableRawBufferPointer.self, capacity: 4) { table in
      _ = table.initialize(from: [left, right, output, rest])
      guard let buffers = table.baseAddress else { return }
      do throws(MRDLError) {
        try kernel.run(
          KernelArguments(
            buffers: buffers, inputCount: 2, outputCount: 1, threadLimit: threadLimit))
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    try finish(arguments, output.assumingMemoryBound(to: Double.self))
  }

  /// An operand in float64, less its zero points.
  private func widen(
    _ arguments: borrowing KernelArguments, _ input: Int, _ zero: Int, _ type: ScalarType,
    _ vector: Vector, _ target: UnsafeMutableRawBufferPointer,
    _ scratch: UnsafeMutableRawBufferPointer
  ) throws(MRDLError) {
    let values = target.assumingMemoryBound(to: Double.self)
    try CastKernel(from: type, to: .float64, count: values.count).run(
      from: arguments.inputBytes(input), to: target, scratch: scratch)
    guard arguments.hasInput(zero) else { return }
    let zeros = arguments.inputBytes(zero)
    let isSigned = type == .int8
    for element in values.indices {
      let byte = zeros[vector.index(element, count: zeros.count)]
      values[element] -= isSigned ? Double(Int8(bitPattern: byte)) : Double(byte)
    }
  }

  private func finish(
    _ arguments: borrowing KernelArguments, _ sums: UnsafeMutableBufferPointer<Double>
  ) throws(MRDLError) {
    if let bias = inputs.bias, arguments.hasInput(bias) {
      let biases = arguments.input(bias, as: Int32.self)
      for element in sums.indices {
        sums[element] += Double(biases[vectors.output.index(element, count: biases.count)])
      }
    }
    guard let scales = inputs.requantization else {
      let output = arguments.output(0, as: Int32.self)
      for element in sums.indices {
        output[element] = Int32(truncatingIfNeeded: Int64(sums[element]))
      }
      return
    }
    let left = arguments.input(scales.left, as: Float.self)
    let right = arguments.input(scales.right, as: Float.self)
    let result = arguments.input(scales.output, as: Float.self)
    guard left.count == 1, result.count == 1 else {
      throw MRDLError(
        .operatorFailed, "a quantised operand has several scales", found: "\(left.count)",
        expected: "1", at: place)
    }
    let zeros = arguments.inputBytes(scales.zero)
    let bytes = arguments.outputBytes(0)
    let isSigned = types.output == .int8
    let zero = zeros.first.map { isSigned ? Double(Int8(bitPattern: $0)) : Double($0) } ?? 0
    for element in sums.indices {
      let factor =
        Double(left[0]) * Double(right[vectors.output.index(element, count: right.count)])
        / Double(result[0])
      let value = (sums[element] * factor).rounded(.toNearestOrEven) + zero
      bytes[element] =
        isSigned
        ? UInt8(bitPattern: Int8(nearest: value)) : UInt8(nearest: value)
    }
  }
}
