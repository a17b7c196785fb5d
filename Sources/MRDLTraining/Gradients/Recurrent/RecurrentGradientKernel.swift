internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// Walks back through a recurrent layer, one direction after the other; forward as well where the trace of
/// the way forward was not kept.
struct RecurrentGradientKernel<Element: RealElement>: Kernel {
  private let directions: RecurrentDirections<Element>
  private let hasTrace: Bool
  private let truncation: Int?

  init(_ layer: some RecurrentOperator, _ truncation: Int?, _ request: KernelRequest) {
    directions = RecurrentDirections(layer, request)
    self.truncation = truncation
    hasTrace = request.inputs.count > 11 && request.inputs[11] != nil
  }

  var workspaceByteCount: Int {
    let trace = hasTrace ? 0 : directions.walk.trace.count * MemoryLayout<Element>.stride
    return trace + directions.walk.workspaceByteCount
  }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let walk = directions.walk
    guard
      let workspace = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress
    else { return }
    for index in 0..<8 where arguments.hasOutput(index) {
      let output = arguments.outputBytes(index)
      output.baseAddress?.initializeMemory(as: UInt8.self, repeating: 0, count: output.count)
    }
    let peepholes = 3 * walk.hidden
    let known = hasTrace ? RecurrentDirections<Element>.input(arguments, 11) : nil
    typealias Arguments = RecurrentDirections<Element>
    let (dy, dyState, dyCell) = (
      Arguments.input(arguments, 8), Arguments.input(arguments, 9),
      Arguments.input(arguments, 10)
    )
    let results = (
      dx: Arguments.output(arguments, 0), dw: Arguments.output(arguments, 1),
      dr: Arguments.output(arguments, 2), db: Arguments.output(arguments, 3),
      dh0: Arguments.output(arguments, 5), dc0: Arguments.output(arguments, 6),
      dp: Arguments.output(arguments, 7)
    )
    try directions.forEach(
      arguments, kept: known.map { UnsafeMutablePointer(mutating: $0) } ?? workspace,
      keptStride: known == nil ? 0 : walk.trace.count,
      workspace: known == nil ? workspace + walk.trace.count : workspace
    ) { run in
      let index = run.direction
      run.dy = dy
      run.dyState = dyState
      run.dyCell = dyCell
      run.dx = results.dx
      run.dw = results.dw.map { $0 + index * walk.width * walk.layout.inputSize }
      run.dr = results.dr.map { $0 + index * walk.width * walk.hidden }
      run.db = results.db.map { $0 + index * 2 * walk.width }
      run.dh0 = results.dh0
      run.dc0 = results.dc0
      run.dp = results.dp.map { $0 + index * peepholes }
      run.truncation = truncation
      if known == nil { run.forward() }
      run.backward()
    }
  }
}
