internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// Walks forward through a recurrent layer and back again, one direction after the other.
struct RecurrentGradientKernel<Element: RealElement>: Kernel {
  let walk: RecurrentWalk<Element>
  private let directions: [(isReverse: Bool, functions: [GateFunction<Element>])]
  private let place: Place
  private let hasBiases: Bool

  init(_ layer: some RecurrentOperator, _ request: KernelRequest) {
    let options = layer.options
    let x = request.inputShape(0)
    let layout = Recurrence.Layout(
      length: x[options.isBatchFirst ? 1 : 0], batch: x[options.isBatchFirst ? 0 : 1],
      inputSize: x[2], hiddenSize: request.inputShape(2)[2],
      directionCount: options.directionCount, isBatchFirst: options.isBatchFirst)
    walk = RecurrentWalk(
      layer.cell, layout, clip: options.clip.map { Element($0) }, type: request.inputType(0))
    directions = (0..<options.directionCount).map { direction in
      (
        options.isReverse(direction: direction),
        options.activations[direction].map { GateFunction($0) }
      )
    }
    hasBiases = request.inputs[3] != nil
    place = request.place
  }

  var workspaceByteCount: Int { walk.workspaceByteCount }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let layout = walk.layout
    let lengths = try arguments.sequenceLengths(upTo: layout.length, place)
    guard let workspace = arguments.workspace.baseAddress,
      let x = arguments.input(0, as: Element.self).baseAddress,
      let w = arguments.input(1, as: Element.self).baseAddress,
      let r = arguments.input(2, as: Element.self).baseAddress
    else { return }
    for index in 0..<8 where arguments.hasOutput(index) {
      let output = arguments.outputBytes(index)
      output.baseAddress?.initializeMemory(as: UInt8.self, repeating: 0, count: output.count)
    }
    let gates = walk.width
    func input(_ index: Int, offset: Int = 0) -> UnsafePointer<Element>? {
      arguments.hasInput(index)
        ? arguments.input(index, as: Element.self).baseAddress.map { $0 + offset } : nil
    }
    func output(_ index: Int, offset: Int = 0) -> UnsafeMutablePointer<Element>? {
      arguments.hasOutput(index)
        ? arguments.output(index, as: Element.self).baseAddress.map { $0 + offset } : nil
    }
    for (index, direction) in directions.enumerated() {
      let (inputWeights, stateWeights) = (gates * layout.inputSize, gates * layout.hiddenSize)
      let peepholes = 3 * layout.hiddenSize
      var run = RecurrentWalk<Element>.Run(
        walk: walk, direction: index, isReverse: direction.isReverse,
        functions: direction.functions,
        workspace: workspace.assumingMemoryBound(to: Element.self), x: x,
        w: w + index * inputWeights, r: r + index * stateWeights,
        threadLimit: arguments.threadLimit)
      run.lengths = lengths
      run.b = input(3, offset: index * 2 * gates)
      run.h0 = input(5)
      run.c0 = input(6)
      run.p = input(7, offset: index * peepholes)
      run.dy = input(8)
      run.dyState = input(9)
      run.dyCell = input(10)
      run.dx = output(0)
      run.dw = output(1, offset: index * inputWeights)
      run.dr = output(2, offset: index * stateWeights)
      run.db = output(3, offset: index * 2 * gates)
      run.dh0 = output(5)
      run.dc0 = output(6)
      run.dp = output(7, offset: index * peepholes)
      run.forward()
      run.backward()
    }
  }
}
