internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// Runs a `RowNormalization` with scale and bias from inputs 1 and 2.
struct RowNormalizationKernel: Kernel {
  let normalization: RowNormalization
  /// What spreads scale and bias over the elements of a row, where they have not one for each.
  var expansions: [Expansion?] = [nil, nil]
  var expandedByteCount = 0

  var workspaceByteCount: Int { 2 * expandedByteCount }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let output = arguments.outputBytes(0).baseAddress
    else { return }
    var buffers = RowNormalization.Buffers(input: input, output: output)
    buffers.scale = affine(1, arguments)
    buffers.bias = affine(2, arguments)
    if arguments.hasOutput(1) { buffers.mean = arguments.outputBytes(1).baseAddress }
    if arguments.hasOutput(2) { buffers.inverse = arguments.outputBytes(2).baseAddress }
    normalization.run(buffers, threadLimit: arguments.threadLimit)
  }

  private func affine(
    _ index: Int, _ arguments: borrowing KernelArguments
  ) -> UnsafeRawPointer? {
    guard arguments.hasInput(index), let given = arguments.inputBytes(index).baseAddress else {
      return nil
    }
    guard let expansion = expansions[index - 1], let scratch = arguments.workspace.baseAddress
    else { return given }
    let expanded = scratch + (index - 1) * expandedByteCount
    expansion.run(given, to: expanded)
    return UnsafeRawPointer(expanded)
  }

  /// Rows made of all axes from one on, with scale and bias that are broadcast to them.
  init(
    _ request: KernelRequest, axis: Int, subtractsMean: Bool, epsilon: Double
  ) throws(MRDLError) {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    let rowShape = Shape(Array(shape.dimensions[axis...]))
    normalization = RowNormalization(
      type, rowCount: shape.dimensions[..<axis].reduce(1, *), rowLength: rowShape.elementCount,
      subtractsMean: subtractsMean, epsilon: epsilon,
      layout: RowNormalization.AffineLayout(period: 1, stride: 0, block: 1))
    for index in 1...2 where index < request.inputs.count && request.inputs[index] != nil {
      guard request.inputShape(index).elementCount != rowShape.elementCount else { continue }
      expansions[index - 1] = try Expansion(request, input: index, to: rowShape)
      expandedByteCount = (rowShape.elementCount * (type == .float32 ? 4 : 8)).roundedUp(
        toMultipleOf: 64)
    }
  }

  /// Rows of the given length, each of whole blocks that have one scale and one bias.
  init(
    _ request: KernelRequest, rowLength: Int, layout: RowNormalization.AffineLayout,
    epsilon: Double
  ) throws(MRDLError) {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    normalization = RowNormalization(
      type, rowCount: rowLength == 0 ? 0 : request.inputShape(0).elementCount / rowLength,
      rowLength: rowLength, subtractsMean: true, epsilon: epsilon, layout: layout)
  }
}

extension Operands {
  /// The shape of an input with its axes from one on checked against scale and bias.
  func normalizedRows(axis: Int, affine: [Int]) throws(MRDLError) -> SymbolicShape? {
    guard let shape = try shape(0, rank: 1...Int.max) else { return nil }
    let first = try self.axis(axis, rank: shape.rank)
    let rows = SymbolicShape(Array(shape.dimensions[first...]))
    for index in affine {
      guard let other = optional(index)?.shape else { continue }
      guard other.rank <= rows.rank, let result = rows.broadcast(with: other),
        zip(result.dimensions, rows.dimensions).allSatisfy({ $0.unified(with: $1) != nil })
      else {
        throw shapeMismatch(
          "input \(index) cannot be broadcast to what is normalised", found: "\(other)",
          expected: "\(rows)")
      }
    }
    return shape
  }
}
