internal import MRDLCore
internal import MRDLNumerics

/// What a walk forward through one direction of a recurrent layer leaves for the way back, and where its parts
/// begin, in elements.
///
/// Rows are in the order of the steps: row step · batch + sequence, whatever the direction and the layout
/// of the layer. Gates stand one after the other, `hiddenSize` numbers each.
struct RecurrentTrace: Sendable {
  /// The output of an operator in training that is the trace.
  static let output = 3

  /// The inputs of all steps.
  let x: Int
  /// What the gates are made of, as it goes into their functions, and the gates.
  let sums: Int
  let gates: Int
  /// The states before each step, with one more behind the last; and those of cells.
  let states: Int
  let cells: Int
  /// LSTM: the function of the cell state. GRU: the product of the candidate with the state, or what it
  /// is multiplied with.
  let extra: Int
  /// All elements.
  let count: Int

  init(_ cell: Recurrence.Cell, _ layout: Recurrence.Layout) {
    let rows = layout.length * layout.batch
    let width = cell.gateCount * layout.hiddenSize
    var next = 0
    func take(_ count: Int) -> Int {
      defer { next += count.roundedUp(toMultipleOf: 16) }
      return next
    }
    let stateCount = (layout.length + 1) * layout.batch * layout.hiddenSize
    x = take(rows * layout.inputSize)
    sums = take(rows * width)
    gates = take(rows * width)
    states = take(stateCount)
    cells = take(stateCount)
    extra = take(rows * layout.hiddenSize)
    count = next
  }
}
