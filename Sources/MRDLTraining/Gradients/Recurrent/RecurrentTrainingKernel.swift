internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// Walks forward through a recurrent layer and keeps what the way back needs.
struct RecurrentTrainingKernel<Element: RealElement>: Kernel {
  private let directions: RecurrentDirections<Element>

  init(_ layer: some RecurrentOperator, _ request: KernelRequest) {
    directions = RecurrentDirections(layer, request)
  }

  var workspaceByteCount: Int { directions.walk.workspaceByteCount }

  @specialized(where Element == Float)
  @specialized(where Element == Double)
  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard
      let workspace = arguments.workspace.assumingMemoryBound(to: Element.self).baseAddress,
      let kept = RecurrentDirections<Element>.output(arguments, 3)
    else { return }
    let (y, lastState, lastCell) = (
      RecurrentDirections<Element>.output(arguments, 0),
      RecurrentDirections<Element>.output(arguments, 1),
      RecurrentDirections<Element>.output(arguments, 2)
    )
    try directions.forEach(
      arguments, kept: kept, keptStride: directions.walk.trace.count, workspace: workspace
    ) { run in
      run.y = y
      run.lastState = lastState
      run.lastCell = lastCell
      run.forward()
    }
  }
}
