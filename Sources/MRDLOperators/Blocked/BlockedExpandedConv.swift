package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// Two convolutions on blocked tensors, the second one with a window for each channel: X as `BlockedConv`
/// takes it, constant W₁ and B₁ of the first and W₂ and B₂ of the second give Y in blocks.
package struct BlockedExpandedConv: ProgramOperator {
  package static let name = "ExpandedConv"
  package static let domain = "mrdl.blocked"
  package static let inputCount = 5...5

  private let expansion: BlockedConv
  private let depthwise: BlockedConv
  private let activations: (expansion: Activation, depthwise: Activation)

  /// Joins two convolutions where their common memory pays for it.
  ///
  /// - Parameters:
  ///   - expansion: with the facts of its weights and of what it gives.
  ///   - depthwise: reads that, with the facts of its weights.
  /// - Returns: nil where they cannot be computed together, or where the second cache holds all that stands
  ///   between them.
  package init?(
    _ expansion: (op: BlockedConv, epilogue: Epilogue, weights: ValueFacts?),
    _ depthwise: (op: BlockedConv, epilogue: Epilogue, weights: ValueFacts?), between: ValueFacts?
  ) {
    guard expansion.op.conv.group == 1, !expansion.epilogue.addsResidual,
      !depthwise.epilogue.addsResidual, !depthwise.op.readsPlanes,
      expansion.op.width == depthwise.op.width,
      let weights = expansion.weights?.concreteShape,
      let windows = depthwise.weights?.concreteShape, windows[0] == weights[0],
      depthwise.op.conv.group == windows[0] && windows[1] == 1,
      let sizes = between?.shape?.dimensions.dropFirst().map(\.value), !sizes.contains(nil),
      sizes.reduce(1, { $0 * ($1 ?? 0) }) >= ExpandedDepthwise.leastElements
    else { return nil }
    let window = expansion.op.conv.window
    guard
      ExpandedDepthwise.supports(
        outputChannels: weights[0],
        isPointwise: window.isPointwise(kernel: Array(weights.dimensions[2...])),
        readsPlanes: expansion.op.readsPlanes, width: expansion.op.width)
    else { return nil }
    self.expansion = expansion.op
    self.depthwise = depthwise.op
    activations = (expansion.epilogue.activation, depthwise.epilogue.activation)
  }

  private func between(_ facts: [ValueFacts?], place: Place) throws(MRDLError) -> ValueFacts? {
    try expansion.infer(Operands(Array(facts[..<3]), outputCount: 1, place: place)).first
  }

  package func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let between = try between(operands.facts, place: operands.place)
    return try depthwise.infer(
      Operands(
        [between] + operands.facts[3...], outputCount: operands.outputCount, place: operands.place))
  }

  package func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let between = try? between(inputs, place: Place("")) else { return Cost() }
    let activated = [(activations.expansion, between), (activations.depthwise, outputs[0])]
    return activated.reduce(
      expansion.cost(inputs: Array(inputs[..<3]), outputs: [between])
        + depthwise.cost(inputs: [between] + inputs[3...], outputs: outputs)
    ) { cost, part in
      let count = part.0 == .none ? 0 : part.1?.concreteShape?.elementCount ?? 0
      return cost + Cost(otherOperations: count)
    }
  }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let input = request.inputShape(0)
    let first = try expansion.prepared(
      request, weights: 1, image: Array(input.dimensions[2..<4]),
      Epilogue(activation: activations.expansion))
    let second = try depthwise.prepared(
      request, weights: 3, image: first.convolution.outputImage,
      Epilogue(activation: activations.depthwise))
    return Prepared(
      joined: ExpandedDepthwise(expansion: first.convolution, depthwise: second.convolution),
      expansion: first, depthwise: second)
  }

  private struct Prepared: Kernel {
    let joined: ExpandedDepthwise
    let expansion: BlockedConv.Prepared
    let depthwise: BlockedConv.Prepared

    var workspaceByteCount: Int { joined.workspaceByteCount }

    var method: String? {
      "direct and depthwise by bands, blocks of \(joined.expansion.weights.width.lanes)"
    }

    var unreadInputs: [Int] { [1, 2, 3, 4] }

    func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
      guard let input = arguments.inputBytes(0).baseAddress,
        let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
        let workspace = arguments.workspace.baseAddress
      else { return }
      joined.run(
        input: input, expansion: expansion.parameters, depthwise: depthwise.parameters,
        output: output, workspace: workspace, threadLimit: arguments.threadLimit)
    }
  }
}

extension BlockedConv.Prepared {
  fileprivate var parameters: ExpandedDepthwise.Parameters {
    ExpandedDepthwise.Parameters(
      weights: weights.base, bias: bias.map { UnsafeRawPointer($0.base) })
  }
}
