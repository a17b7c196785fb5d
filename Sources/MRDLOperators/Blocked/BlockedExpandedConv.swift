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

  private let expansion: BlockedConv
  private let depthwise: BlockedConv
  private let activations: (expansion: Activation, depthwise: Activation)
  private var projection: (op: BlockedConv, epilogue: Epilogue)?

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
    self.expansion = expansion.op
    self.depthwise = depthwise.op
    activations = (expansion.epilogue.activation, depthwise.epilogue.activation)
  }

  /// The same with a pointwise convolution behind them, where that pays.
  ///
  /// - Parameter between: what is known of what the second one gives.
  package func projected(by projection: Part, between: ValueFacts?) -> BlockedExpandedConv? {
    guard self.projection == nil, projection.op.conv.group == 1, !projection.op.readsPlanes,
      projection.op.width == depthwise.width, let weights = projection.weights?.concreteShape,
      Self.isPointwise(projection.op, weights),
      let height = between?.shape?.dimensions[2].value,
      ExpandedDepthwise.gainsFromProjection(
        inputChannels: weights[1], outputChannels: weights[0], height: height)
    else { return nil }
    var joined = self
    joined.projection = (projection.op, projection.epilogue)
    return joined
  }

  private static func isPointwise(_ op: BlockedConv, _ weights: Shape) -> Bool {
    op.conv.window.isPointwise(kernel: Array(weights.dimensions[2...]))
  }

  /// What is known of what each convolution gives.
  private func inferred(_ operands: Operands) throws(MRDLError) -> [ValueFacts?] {
    let facts = operands.facts
    var known = [facts[0]]
    for (index, op) in [expansion, depthwise, projection?.op].enumerated() {
      guard let op else { break }
      let parameters = facts[(2 * index + 1)...(2 * index + 2)]
      known.append(
        try op.infer(Operands([known[index]] + parameters, outputCount: 1, place: operands.place))
          .first)
    }
    return Array(known.dropFirst())
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    try inferred(operands).last.flatMap { $0 }.map { [$0] } ?? []
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard
      let given = try? inferred(Operands(inputs, outputCount: 1, place: Place("")))
    else { return Cost() }
    let parts =
      [
        (expansion, Epilogue(activation: activations.expansion)),
        (depthwise, Epilogue(activation: activations.depthwise)),
      ] + (projection.map { [($0.op, $0.epilogue)] } ?? [])
    var cost = Cost()
    for (index, (op, epilogue)) in parts.enumerated() {
      let taken = [index == 0 ? inputs[0] : given[index - 1]]
      cost =
        cost
        + op.cost(
          inputs: taken + inputs[(2 * index + 1)...(2 * index + 2)], outputs: [given[index]])
      let followers = (epilogue.activation == .none ? 0 : 1) + (epilogue.addsResidual ? 1 : 0)
      let count = given[index]?.concreteShape?.elementCount ?? 0
      cost = cost + Cost(otherOperations: followers * count)
    }
    return cost
  }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let input = request.inputShape(0)
    let first = try expansion.prepared(
      request, weights: 1, image: Array(input.dimensions[2..<4]),
      Epilogue(activation: activations.expansion))
    let second = try depthwise.prepared(
      request, weights: 3, image: first.convolution.outputImage,
      Epilogue(activation: activations.depthwise))
    var third: BlockedConv.Prepared?
    if let projection {
      third = try projection.op.prepared(
        request, weights: 5, image: second.convolution.outputImage, projection.epilogue)
    }
    return Prepared(
      joined: ExpandedDepthwise(
        expansion: first.convolution, depthwise: second.convolution,
        projection: third?.convolution), expansion: first, depthwise: second, projection: third)
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

    var unreadInputs: [Int] { [1, 2, 3, 4] + (projection == nil ? [] : [5, 6]) }

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
