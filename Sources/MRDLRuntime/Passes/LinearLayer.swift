internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// A convolution or a product with constant weights, into which a `ChannelMap` can be folded.
struct LinearLayer {
  private enum Kind: Sendable {
    case convolution
    case transposedConvolution(groups: Int)
    case dense(Gemm)
    case product
  }

  private let instruction: ProgramGraph.Instruction
  private let kind: Kind
  private let weights: Tensor
  /// nil for none.
  private let bias: Tensor?
  /// The axis of channels of the result.
  private let axis: Int
  private let channelCount: Int
  private let resultRank: Int

  /// The layer that a node is, or nil where it is something else.
  init?(
    _ instruction: ProgramGraph.Instruction, _ graph: ProgramGraph, _ facts: [ValueFacts?]
  ) {
    func constant(_ index: Int) -> Tensor? {
      guard index < instruction.inputs.count, let value = instruction.inputs[index] else {
        return nil
      }
      return graph.values[value].constant
    }
    let hasBias = instruction.inputs.count > 2 && instruction.inputs[2] != nil
    guard let output = instruction.outputs[0], let rank = facts[output]?.rank,
      instruction.inputs.count > 1, let weights = constant(1), weights.shape.rank > 1,
      Set.realNumbers.contains(weights.scalarType), !hasBias || constant(2) != nil
    else { return nil }
    switch instruction.op {
    case is Conv:
      kind = .convolution
      axis = 1
      channelCount = weights.shape[0]
    case let op as ConvTranspose:
      kind = .transposedConvolution(groups: op.group)
      axis = 1
      channelCount = weights.shape[1] * op.group
    case let op as Gemm:
      kind = .dense(op)
      axis = 1
      channelCount = weights.shape[op.transposesB ? 0 : 1]
    case is MatMul:
      guard weights.shape.rank == 2 else { return nil }
      kind = .product
      axis = rank - 1
      channelCount = weights.shape[1]
    default: return nil
    }
    self.instruction = instruction
    self.weights = weights
    bias = constant(2)
    resultRank = rank
  }

  /// The layer with a map behind it in one node, or nil where it cannot take the map.
  func followed(
    by map: ChannelMap, in graph: inout ProgramGraph
  ) throws(MRDLError) -> ProgramGraph.Instruction? {
    guard map.axis == nil || map.axis == axis,
      map.scale.count == 1 || map.scale.count == channelCount, channelCount > 0
    else { return nil }
    func scale(_ channel: Int) -> Double { map.scale[map.scale.count == 1 ? 0 : channel] }
    func shift(_ channel: Int) -> Double { map.shift[map.shift.count == 1 ? 0 : channel] }

    var result = instruction
    if map.shifts || bias != nil {
      guard let old = try biasNumbers(&result) else { return nil }
      let numbers = (0..<channelCount).map { scale($0) * old[$0] + shift($0) }
      let value = graph.addConstant(
        Tensor(numbers, shape: [channelCount], scalarType: weights.scalarType),
        name: "\(instruction.node.displayName)/bias")
      while result.inputs.count < 3 { result.inputs.append(nil) }
      result.inputs[2] = value
    }
    if map.scales { scaleWeights(of: &result, by: map.scale, in: &graph) }
    return result
  }

  /// The layer as it must be for inputs that are to be taken times a factor.
  func fed(scale: Double, in graph: inout ProgramGraph) -> ProgramGraph.Instruction? {
    guard channelCount > 0 else { return nil }
    var result = instruction
    scaleWeights(of: &result, by: [scale], in: &graph)
    return result
  }

  /// - Parameter factors: one for each channel, or one for all.
  private func scaleWeights(
    of result: inout ProgramGraph.Instruction, by factors: [Double], in graph: inout ProgramGraph
  ) {
    guard let value = instruction.inputs[1] else { return }
    let (kind, channelCount) = (kind, channelCount)
    result.inputs[1] = graph.addConstant(
      name: "\(instruction.node.displayName)/weights", from: [graph.values[value]]
    ) { sources in
      guard let weights = sources[0] else {
        preconditionFailure("the weights of a layer are not constant any more")
      }
      return Self.scaled(weights, kind, channelCount: channelCount) {
        factors[factors.count == 1 ? 0 : $0]
      }
    }
  }

  /// The bias as it is added, a number for each channel. The node becomes one that can have a bias of that
  /// form; nil where it cannot.
  private func biasNumbers(_ result: inout ProgramGraph.Instruction) throws(MRDLError) -> [Double]?
  {
    let zeros = [Double](repeating: 0, count: channelCount)
    switch kind {
    case .convolution, .transposedConvolution: return bias?.realNumbers ?? zeros
    case .product:
      guard resultRank == 2, instruction.inputs.count == 2 else { return nil }
      try result.rebuild(as: Gemm.self, attributes: [:])
      return zeros
    case .dense(let op):
      if op.beta != 1 {
        var attributes = instruction.node.attributes
        attributes["beta"] = nil
        try result.rebuild(as: Gemm.self, attributes: attributes)
      }
      guard let bias, op.beta != 0 else { return zeros }
      guard let numbers = bias.realNumbers,
        bias.elementCount == 1
          || (bias.elementCount == channelCount && bias.shape[bias.shape.rank - 1] == channelCount)
      else { return nil }
      return zeros.indices.map { op.beta * numbers[numbers.count == 1 ? 0 : $0] }
    }
  }

  private static func scaled(
    _ weights: Tensor, _ kind: Kind, channelCount: Int, by scale: (Int) -> Double
  ) -> Tensor {
    let shape = weights.shape
    switch kind {
    case .convolution:
      return weights.scaled(rowLength: weights.elementCount / channelCount, by: scale)
    case .transposedConvolution(let groups):
      // [input channels, output channels of a group, …]
      let perGroup = channelCount / groups
      let inputsPerGroup = shape[0] / groups
      return weights.scaled(rowLength: shape.dimensions[2...].reduce(1, *)) { row in
        scale(row / perGroup / inputsPerGroup * perGroup + row % perGroup)
      }
    case .dense(let op) where op.transposesB:
      return weights.scaled(rowLength: shape[1], by: scale)
    case .dense, .product:
      return weights.scaled(rowLength: 1) { scale($0 % channelCount) }
    }
  }
}
