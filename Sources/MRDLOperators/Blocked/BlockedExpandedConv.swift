package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// Convolutions on blocked tensors, the second one with a window for each channel, the third one, where there
/// is one, pointwise: X as `BlockedConv` takes it, constant W₁ and B₁ of the first, W₂ and B₂ of the second, W₃
/// and B₃ of the third and the residual that it adds give Y in blocks.
package struct BlockedExpandedConv: ProgramOperator {
  package static let name = "ExpandedConv"
  package static let domain = "mrdl.blocked"
  package static let inputCount = 5...8

  /// A convolution, what follows it, and the facts of its weights.
  package typealias Part = (op: BlockedConv, epilogue: Epilogue, weights: ValueFacts?)

  /// The convolutions one after the other, each with what follows it.
  private var stages: [(op: BlockedConv, epilogue: Epilogue)]

  /// Joins two convolutions where their common memory pays for it.
  ///
  /// - Parameters:
  ///   - between: what is known of what the first one gives.
  ///   - depthwise: reads that.
  /// - Returns: nil where they cannot be computed together, or where the second cache holds all that stands
  ///   between them.
  package init?(_ expansion: Part, _ depthwise: Part, between: ValueFacts?) {
    guard expansion.op.conv.group == 1, !expansion.epilogue.addsResidual,
      !depthwise.epilogue.addsResidual, !depthwise.op.readsPlanes,
      expansion.op.width == depthwise.op.width,
      let weights = expansion.weights?.concreteShape,
      let windows = depthwise.weights?.concreteShape, windows[0] == weights[0],
      depthwise.op.conv.group == windows[0] && windows[1] == 1,
      let sizes = between?.shape?.dimensions.dropFirst().map(\.value), !sizes.contains(nil),
      sizes.reduce(1, { $0 * ($1 ?? 0) }) >= ExpandedDepthwise.leastElements
    else { return nil }
    guard
      ExpandedDepthwise.supports(
        outputChannels: weights[0], isPointwise: Self.isPointwise(expansion.op, weights),
        readsPlanes: expansion.op.readsPlanes, width: expansion.op.width)
    else { return nil }
    stages = [(expansion.op, expansion.epilogue), (depthwise.op, depthwise.epilogue)]
  }

  /// The same with a pointwise convolution behind them, where that pays.
  ///
  /// - Parameter between: what is known of what the second one gives.
  package func projected(by projection: Part, between: ValueFacts?) -> BlockedExpandedConv? {
    guard stages.count == 2, projection.op.conv.group == 1, !projection.op.readsPlanes,
      projection.op.width == stages[1].op.width, let weights = projection.weights?.concreteShape,
      Self.isPointwise(projection.op, weights),
      let height = between?.shape?.dimensions[2].value,
      ExpandedDepthwise.gainsFromProjection(
        inputChannels: weights[1], outputChannels: weights[0], height: height)
    else { return nil }
    var joined = self
    joined.stages.append((projection.op, projection.epilogue))
    return joined
  }

  private static func isPointwise(_ op: BlockedConv, _ weights: Shape) -> Bool {
    op.conv.window.isPointwise(kernel: Array(weights.dimensions[2...]))
  }

  /// What each convolution takes, and what is known of what it gives.
  private func inferred(
    _ facts: [ValueFacts?], place: Place
  ) throws(MRDLError) -> [(inputs: [ValueFacts?], output: ValueFacts?)] {
    var taken = facts[0]
    var result: [(inputs: [ValueFacts?], output: ValueFacts?)] = []
    for (index, stage) in stages.enumerated() {
      let inputs = [taken] + facts[Self.weightsInput(index)...(Self.weightsInput(index) + 1)]
      taken = try stage.op.infer(Operands(inputs, outputCount: 1, place: place)).first
      result.append((inputs, taken))
    }
    return result
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    [try inferred(operands.facts, place: operands.place).last?.output].compactMap { $0 }
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let known = try? inferred(inputs, place: Place("")) else { return Cost() }
    return zip(stages, known).reduce(Cost()) { sum, part in
      let (stage, facts) = part
      let count = facts.output?.concreteShape?.elementCount ?? 0
      return sum + stage.op.cost(inputs: facts.inputs, outputs: [facts.output])
        + Cost(otherOperations: stage.epilogue.operationCount * count)
    }
  }

  /// The weights of a stage among the inputs; the bias comes behind them.
  private static func weightsInput(_ stage: Int) -> Int { 2 * stage + 1 }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    var image = Array(request.inputShape(0).dimensions[2..<4])
    var parts: [BlockedConv.Prepared] = []
    for (index, stage) in stages.enumerated() {
      let part = try stage.op.prepared(
        request, weights: Self.weightsInput(index), image: image, stage.epilogue)
      image = part.convolution.outputImage
      parts.append(part)
    }
    return Prepared(
      joined: ExpandedDepthwise(
        expansion: parts[0].convolution, depthwise: parts[1].convolution,
        projection: parts.count > 2 ? parts[2].convolution : nil), expansion: parts[0],
      depthwise: parts[1], projection: parts.count > 2 ? parts[2] : nil)
  }

  private struct Prepared: Kernel {
    let joined: ExpandedDepthwise
    let expansion: BlockedConv.Prepared
    let depthwise: BlockedConv.Prepared
    let projection: BlockedConv.Prepared?

    var workspaceByteCount: Int { joined.workspaceByteCount }

    var method: String? {
      "direct and depthwise by bands, blocks of \(joined.expansion.weights.width.lanes)"
    }

    var unreadInputs: [Int] { Array(1...(projection == nil ? 4 : 6)) }

    func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
      guard let input = arguments.inputBytes(0).baseAddress,
        let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
        let workspace = arguments.workspace.baseAddress
      else { return }
      let addsResidual = joined.projection?.epilogue.addsResidual ?? false
      joined.run(
        input: input, expansion: expansion.parameters, depthwise: depthwise.parameters,
        projection: projection?.parameters,
        residual: addsResidual
          ? arguments.inputBytes(BlockedExpandedConv.residualInput).baseAddress : nil,
        output: output, workspace: workspace, threadLimit: arguments.threadLimit)
    }
  }

  private static let residualInput = 7
}

extension BlockedConv.Prepared {
  fileprivate var parameters: ExpandedDepthwise.Parameters {
    ExpandedDepthwise.Parameters(
      weights: weights.base, bias: bias.map { UnsafeRawPointer($0.base) })
  }
}
