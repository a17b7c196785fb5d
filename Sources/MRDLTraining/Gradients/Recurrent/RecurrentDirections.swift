internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// The directions of a recurrent layer in training, which are walked one after the other.
struct RecurrentDirections<Element: RealElement> {
  let walk: RecurrentWalk<Element>
  private let directions: [(isReverse: Bool, functions: [GateFunction<Element>])]
  private let place: Place

  init(_ layer: some RecurrentOperator, _ request: KernelRequest) {
    let options = layer.options
    walk = RecurrentWalk(
      layer.cell,
      Recurrence.Layout(
        options, x: request.inputShape(0), hiddenSize: request.inputShape(2)[2]),
      clip: options.clip.map { Element($0) }, type: request.inputType(0))
    directions = (0..<options.directionCount).map { direction in
      (
        options.isReverse(direction: direction),
        options.activations[direction].map { GateFunction($0) }
      )
    }
    place = request.place
  }

  /// Calls `body` for each direction, with the inputs of the layer bound.
  ///
  /// - Parameters:
  ///   - kept: the traces; `keptStride` elements lie between those of two directions.
  ///   - workspace: `walk.workspaceByteCount` bytes.
  func forEach(
    _ arguments: borrowing KernelArguments, kept: UnsafeMutablePointer<Element>, keptStride: Int,
    workspace: UnsafeMutablePointer<Element>,
    _ body: (inout RecurrentWalk<Element>.Run) -> Void
  ) throws(MRDLError) {
    let layout = walk.layout
    let lengths = try arguments.sequenceLengths(upTo: layout.length, place)
    guard let x = arguments.input(0, as: Element.self).baseAddress,
      let w = arguments.input(1, as: Element.self).baseAddress,
      let r = arguments.input(2, as: Element.self).baseAddress
    else { return }
    for (index, direction) in directions.enumerated() {
      var run = RecurrentWalk<Element>.Run(
        walk: walk, direction: index, isReverse: direction.isReverse,
        functions: direction.functions, kept: kept + index * keptStride, workspace: workspace,
        x: x, w: w + index * walk.width * layout.inputSize,
        r: r + index * walk.width * layout.hiddenSize, threadLimit: arguments.threadLimit)
      run.lengths = lengths
      run.b = Self.input(arguments, 3, offset: index * 2 * walk.width)
      run.h0 = Self.input(arguments, 5)
      run.c0 = Self.input(arguments, 6)
      run.p = Self.input(arguments, 7, offset: index * 3 * layout.hiddenSize)
      body(&run)
    }
  }

  /// An input that may be left out.
  static func input(
    _ arguments: borrowing KernelArguments, _ index: Int, offset: Int = 0
  ) -> UnsafePointer<Element>? {
    arguments.hasInput(index)
      ? arguments.input(index, as: Element.self).baseAddress.map { $0 + offset } : nil
  }

  /// An output that may not be wanted.
  static func output(
    _ arguments: borrowing KernelArguments, _ index: Int, offset: Int = 0
  ) -> UnsafeMutablePointer<Element>? {
    arguments.hasOutput(index)
      ? arguments.output(index, as: Element.self).baseAddress.map { $0 + offset } : nil
  }
}

extension Recurrence.Layout {
  /// - Parameter x: the shape of the input of a layer.
  init(_ options: RecurrentOptions, x: Shape, hiddenSize: Int) {
    self.init(
      length: x[options.isBatchFirst ? 1 : 0], batch: x[options.isBatchFirst ? 0 : 1],
      inputSize: x[2], hiddenSize: hiddenSize, directionCount: options.directionCount,
      isBatchFirst: options.isBatchFirst)
  }
}
