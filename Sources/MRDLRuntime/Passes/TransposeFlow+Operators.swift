internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

// How operators work on what stands before a pending transpose.

extension TransposeFlow {
  /// Lets a node work on the sources of its inputs and holds its outputs back; false where it must have the
  /// inputs as they are.
  mutating func push(_ instruction: ProgramGraph.Instruction) throws(MRDLError) -> Bool {
    let op = instruction.op
    if op.asFunction != nil || op is Clip || op is Cast || op is Dropout {
      return pushUnary(instruction)
    }
    if op is QuantizeLinear || op is DequantizeLinear {
      // One scale serves all elements in any order.
      guard let scale = instruction.inputs[1],
        graph.values[scale].constant?.elementCount == 1
      else { return false }
      return pushUnary(instruction)
    }
    switch op {
    case is Add, is Sub, is Mul, is Div, is Pow, is PRelu, is Max, is Min, is Sum, is Mean:
      return try pushBroadcast(instruction)
    case let op as Concat: return try pushConcat(op, instruction)
    case let op as Pad: return try pushPad(op, instruction)
    case is Slice: return try pushSlice(instruction)
    case let op as Softmax: return try pushAxis(instruction, op.axis, as: Softmax.self)
    case let op as LogSoftmax: return try pushAxis(instruction, op.axis, as: LogSoftmax.self)
    case let op as ReduceMean: return try pushReduction(op.options, instruction)
    case let op as ReduceSum: return try pushReduction(op.options, instruction)
    case let op as ReduceMax: return try pushReduction(op.options, instruction)
    case let op as ReduceMin: return try pushReduction(op.options, instruction)
    case is Reshape, is Flatten: return try pushFlatten(instruction)
    case let op as Gemm where !op.transposesA:
      return try pushDense(instruction, weightsAreTransposed: op.transposesB)
    case is MatMul: return try pushDense(instruction, weightsAreTransposed: false)
    default: return false
    }
  }

  // MARK: Element by element

  private mutating func pushUnary(_ instruction: ProgramGraph.Instruction) -> Bool {
    guard instruction.outputs.dropFirst().allSatisfy({ $0 == nil }) else { return false }
    if let (source, order) = transpose(of: instruction.inputs[0]) {
      return emitHeld(instruction, [source] + instruction.inputs.dropFirst(), order)
    }
    guard let (source, order, extents) = columns(of: instruction.inputs[0]),
      let output = instruction.outputs[0]
    else { return false }
    var moved = instruction
    moved.inputs[0] = source
    let value = addValue(for: output, facts[output])
    moved.outputs[0] = value
    emit(moved)
    hold(output, as: .columns(source: value, order, extents: extents))
    return true
  }

  private mutating func pushBroadcast(
    _ instruction: ProgramGraph.Instruction
  ) throws(MRDLError) -> Bool {
    guard let order = commonOrder(instruction) else { return false }
    var inputs: [Int?] = []
    for case let input? in instruction.inputs {
      if let (source, _) = transpose(of: input) {
        inputs.append(source)
      } else if let constant = graph.values[input].constant, constant.shape.rank <= order.rank {
        inputs.append(try reordered(constant, input, by: order))
      } else {
        return false
      }
    }
    return emitHeld(instruction, inputs, order)
  }

  /// The order of the axes that all pending inputs have in common.
  private func commonOrder(_ instruction: ProgramGraph.Instruction) -> AxisOrder? {
    var common: AxisOrder?
    for input in instruction.inputs {
      guard let (_, order) = transpose(of: input) else { continue }
      if let common, common != order { return nil }
      common = order
    }
    return common
  }

  /// A constant that is broadcast to a transposed value, for the source of that value.
  private mutating func reordered(
    _ constant: Tensor, _ value: Int, by order: AxisOrder
  ) throws(MRDLError) -> Int {
    if constant.shape.rank == 0 { return value }
    let missing = order.rank - constant.shape.rank
    let whole = constant.reshaped(
      Shape([Int](repeating: 1, count: missing) + constant.shape.dimensions))
    return addConstant(try whole.transposed(by: order.inverse), for: graph.values[value].name)
  }

  private mutating func emitHeld(
    _ instruction: ProgramGraph.Instruction, _ inputs: [Int?], _ order: AxisOrder
  ) -> Bool {
    guard let output = instruction.outputs[0] else { return false }
    var moved = instruction
    moved.inputs = inputs
    let value = addValue(for: output, before: order)
    moved.outputs[0] = value
    emit(moved)
    hold(output, as: .transpose(source: value, order))
    return true
  }

  // MARK: Along axes

  private mutating func pushAxis<Op: Operator>(
    _ instruction: ProgramGraph.Instruction, _ axis: Int, as type: Op.Type
  ) throws(MRDLError) -> Bool {
    guard let (source, order) = transpose(of: instruction.inputs[0]),
      (-order.rank..<order.rank).contains(axis)
    else { return false }
    var moved = instruction
    let index = axis < 0 ? axis + order.rank : axis
    var attributes = instruction.node.attributes
    attributes["axis"] = .integer(Int64(order[index]))
    try moved.rebuild(as: type, attributes: attributes)
    return emitHeld(moved, [source], order)
  }

  private mutating func pushConcat(
    _ op: Concat, _ instruction: ProgramGraph.Instruction
  ) throws(MRDLError) -> Bool {
    guard let order = commonOrder(instruction), (-order.rank..<order.rank).contains(op.axis) else {
      return false
    }
    var inputs: [Int?] = []
    for case let input? in instruction.inputs {
      if let (source, _) = transpose(of: input) {
        inputs.append(source)
      } else if let constant = graph.values[input].constant, constant.shape.rank == order.rank {
        inputs.append(try reordered(constant, input, by: order))
      } else {
        return false
      }
    }
    var moved = instruction
    let index = op.axis < 0 ? op.axis + order.rank : op.axis
    try moved.rebuild(as: Concat.self, attributes: ["axis": .integer(Int64(order[index]))])
    return emitHeld(moved, inputs, order)
  }

  private mutating func pushPad(
    _ op: Pad, _ instruction: ProgramGraph.Instruction
  ) throws(MRDLError) -> Bool {
    guard let (source, order) = transpose(of: instruction.inputs[0]),
      let known = try? op.counts(operands(instruction), rank: order.rank)
    else { return false }
    let inverse = order.inverse.axes
    let counts = inverse.map { known.before[$0] } + inverse.map { known.after[$0] }
    let pads = addConstant(Tensor(counts.map { Int64($0) }), for: "pads")
    let value = instruction.inputs.count > 2 ? instruction.inputs[2] : nil
    return emitHeld(instruction, value == nil ? [source, pads] : [source, pads, value], order)
  }

  private mutating func pushSlice(
    _ instruction: ProgramGraph.Instruction
  ) throws(MRDLError) -> Bool {
    guard let (source, order) = transpose(of: instruction.inputs[0]),
      let starts = instruction.inputs[1].flatMap({ facts[$0]?.integers })
    else { return false }
    var axes = Array(starts.indices)
    if instruction.inputs.count > 3, let given = instruction.inputs[3] {
      guard let known = facts[given]?.integers else { return false }
      axes = known.map { $0 < 0 ? $0 + order.rank : $0 }
    }
    guard axes.allSatisfy({ (0..<order.rank).contains($0) }) else { return false }
    var inputs = instruction.inputs
    inputs[0] = source
    while inputs.count < 4 { inputs.append(nil) }
    inputs[3] = addConstant(Tensor(axes.map { Int64(order[$0]) }), for: "axes")
    return emitHeld(instruction, inputs, order)
  }

  private mutating func pushReduction(
    _ options: ReductionOptions, _ instruction: ProgramGraph.Instruction
  ) throws(MRDLError) -> Bool {
    guard let (source, order) = transpose(of: instruction.inputs[0]),
      let output = instruction.outputs[0],
      let axes = (try? options.axes(operands(instruction), rank: order.rank)) ?? nil, !axes.isEmpty
    else { return false }
    let moved = axes.map { order[$0] }.sorted()
    let inputs = [source, addConstant(Tensor(moved.map { Int64($0) }), for: "axes")]
    if options.keepsAxes { return emitHeld(instruction, inputs, order) }
    // What is left of the source, and its order in the result.
    let kept = (0..<order.rank).filter { !moved.contains($0) }
    let rest = AxisOrder(
      (0..<order.rank).filter { !axes.contains($0) }.compactMap { kept.firstIndex(of: order[$0]) })
    if !rest.isIdentity { return emitHeld(instruction, inputs, rest) }
    var reduced = instruction
    reduced.inputs = inputs
    reduced.outputs = [output]
    emit(reduced)
    return true
  }

  private func operands(_ instruction: ProgramGraph.Instruction) -> Operands {
    Operands(
      instruction.inputs.map { $0.flatMap { facts[$0] } }, outputCount: 1,
      place: instruction.place)
  }

  // MARK: Dense layers

  /// Reshapes the source where the elements are in the same order; where all axes but the first become
  /// one, columns in another order are held back.
  private mutating func pushFlatten(
    _ instruction: ProgramGraph.Instruction
  ) throws(MRDLError) -> Bool {
    guard let input = instruction.inputs[0], let (source, order) = transpose(of: input),
      let output = instruction.outputs[0], let shape = facts[input]?.shape,
      let result = facts[output]?.shape, shape.rank == order.rank, order[0] == 0
    else { return false }
    let isMatrix =
      result.rank == 2 && result[0] == shape[0] && result[0] != .unknown && shape.rank > 1
    guard let target = Self.reshapeTarget(result) else { return false }
    if order.keepsElements(of: order.inverse.applied(to: shape)) {
      try emitReshape(source, to: target, output)
      return true
    }
    let extents = shape.dimensions.dropFirst().compactMap(\.value)
    guard isMatrix, extents.count == shape.rank - 1, result[1].value == extents.reduce(1, *) else {
      return false
    }
    let flat = addValue(for: output, facts[output])
    try emitReshape(source, to: target, flat)
    hold(output, as: .columns(source: flat, order, extents: extents))
    return true
  }

  /// Brings the rows of constant weights into the order of the columns that they are multiplied with.
  private mutating func pushDense(
    _ instruction: ProgramGraph.Instruction, weightsAreTransposed: Bool
  ) throws(MRDLError) -> Bool {
    guard let (source, order, extents) = columns(of: instruction.inputs[0]),
      let weights = instruction.inputs[1], let constant = graph.values[weights].constant,
      constant.shape.rank == 2
    else { return false }
    let depth = extents.reduce(1, *)
    guard constant.shape[weightsAreTransposed ? 1 : 0] == depth else { return false }
    // Axis a of the source, from 1 on, is axis inverse[a] of the transpose.
    let inverse = order.inverse.axes.dropFirst()
    let reordered: Tensor
    if weightsAreTransposed {
      reordered = try constant.reshaped(Shape([constant.shape[0]] + extents))
        .transposed(by: AxisOrder([0] + inverse))
    } else {
      reordered = try constant.reshaped(Shape(extents + [constant.shape[1]]))
        .transposed(by: AxisOrder(inverse.map { $0 - 1 } + [extents.count]))
    }
    var moved = instruction
    moved.inputs[0] = source
    moved.inputs[1] = addConstant(
      reordered.reshaped(constant.shape), for: graph.values[weights].name)
    emit(moved)
    return true
  }
}

extension Tensor {
  /// The tensor with its axes in another order.
  fileprivate func transposed(by order: AxisOrder) throws(MRDLError) -> Tensor {
    if order.isIdentity { return self }
    let transpose = try ProgramGraph.Instruction.make(
      Transpose.self, attributes: ["perm": .integers(order.axes.map { Int64($0) })], inputs: [],
      outputs: [], "")
    return try evaluate(transpose.op, inputs: [self])[0] ?? self
  }
}
