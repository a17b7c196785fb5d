internal import MRDLCore
internal import MRDLOperators

/// A node that scales and shifts each channel of a value by constants: z = scale · y + shift.
struct ChannelMap {
  /// The value y.
  let input: Int
  /// Its axis of channels; nil where one number serves all elements.
  let axis: Int?
  /// One number for each channel, or one for all.
  let scale: [Double]
  let shift: [Double]

  var scales: Bool { scale.contains { $0 != 1 } }
  var shifts: Bool { shift.contains { $0 != 0 } }

  /// The product of a value with one number.
  init(scale: Double, of input: Int) {
    self.input = input
    axis = nil
    self.scale = [scale]
    shift = [0]
  }

  /// The map of a node, or nil where it is something else.
  init?(
    _ instruction: ProgramGraph.Instruction, _ graph: ProgramGraph, _ facts: [ValueFacts?]
  ) {
    if let op = instruction.op as? BatchNormalization {
      self.init(normalization: op, instruction, graph)
    } else {
      self.init(arithmetic: instruction, graph, facts)
    }
    guard (scale + shift).allSatisfy(\.isFinite) else { return nil }
  }

  private init?(
    normalization op: BatchNormalization, _ instruction: ProgramGraph.Instruction,
    _ graph: ProgramGraph
  ) {
    // In training the statistics are those of the batch.
    guard !op.isTraining, let input = instruction.inputs[0] else { return nil }
    var parameters: [[Double]] = []
    for index in 1...4 {
      guard let value = instruction.inputs[index],
        let numbers = graph.values[value].constant?.realNumbers
      else { return nil }
      parameters.append(numbers)
    }
    self.input = input
    axis = 1
    let factors = zip(parameters[0], parameters[3]).map { $0 / ($1 + op.epsilon).squareRoot() }
    scale = factors
    shift = factors.indices.map { parameters[1][$0] - parameters[2][$0] * factors[$0] }
  }

  private init?(
    arithmetic instruction: ProgramGraph.Instruction, _ graph: ProgramGraph,
    _ facts: [ValueFacts?]
  ) {
    let op = instruction.op
    guard op is Add || op is Sub || op is Mul || op is Div, let left = instruction.inputs[0],
      let right = instruction.inputs[1]
    else { return nil }
    let constantIsLeft = graph.values[left].constant != nil
    let (input, other) = constantIsLeft ? (right, left) : (left, right)
    guard graph.values[input].constant == nil, let constant = graph.values[other].constant,
      let rank = facts[input]?.rank, constant.shape.rank <= rank
    else { return nil }
    // Every axis but one has the extent 1.
    let axes = constant.shape.dimensions.indices.filter { constant.shape[$0] != 1 }
    guard axes.count <= 1, let numbers = constant.realNumbers, !numbers.isEmpty else { return nil }
    self.input = input
    axis = axes.first.map { $0 + rank - constant.shape.rank }
    let ones = numbers.map { _ in 1.0 }
    let zeros = numbers.map { _ in 0.0 }
    switch op {
    case is Add: (scale, shift) = (ones, numbers)
    case is Sub:
      (scale, shift) =
        constantIsLeft
        ? (numbers.map { _ in -1 }, numbers) : (ones, numbers.map { -$0 })
    case is Mul: (scale, shift) = (numbers, zeros)
    default:
      if constantIsLeft { return nil }
      (scale, shift) = (numbers.map { 1 / $0 }, zeros)
    }
  }
}

extension Tensor {
  /// The elements in double precision, or nil where they are not float32 or float64.
  var realNumbers: [Double]? {
    switch scalarType {
    case .float32: elements(as: Float.self).map { Double($0) }
    case .float64: elements(as: Double.self)
    default: nil
    }
  }

  /// Numbers in the type of another tensor, float32 or float64.
  init(_ numbers: [Double], shape: Shape, scalarType: ScalarType) {
    if scalarType == .float32 {
      self.init(numbers.map { Float($0) }, shape: shape)
    } else {
      self.init(numbers, shape: shape)
    }
  }

  /// The product with one number for each row of so many elements.
  ///
  /// - Parameter factor: gives the number of a row.
  func scaled(rowLength: Int, by factor: (Int) -> Double) -> Tensor {
    var result = self.copied()
    if scalarType == .float32 {
      result.withMutableElements(as: Float.self) { scale($0, rowLength, factor) }
    } else {
      result.withMutableElements(as: Double.self) { scale($0, rowLength, factor) }
    }
    return result
  }
}

private func scale<Scalar: BinaryFloatingPoint>(
  _ elements: UnsafeMutableBufferPointer<Scalar>, _ rowLength: Int, _ factor: (Int) -> Double
) {
  guard rowLength > 0 else { return }
  for row in 0..<(elements.count / rowLength) {
    let number = factor(row)
    for index in (row * rowLength)..<((row + 1) * rowLength) {
      elements[index] = Scalar(Double(elements[index]) * number)
    }
  }
}
