internal import MRDLCore
internal import MRDLModel

extension LayerBuilder {
  /// The value with the window on the scale of differences: its logarithms, where they are taken.
  private static let levels = "levels"

  /// Makes one channel of standardised differences of a window: [window] becomes [1, steps].
  mutating func appendForecastInput(_ transform: ForecastTransform) throws(MRDLError) {
    try append(transform.takesLogarithm ? "Log" : "Identity", Self.levels)
    var count = transform.window
    for (index, lag) in transform.differences.enumerated() {
      let value = current
      let name = "difference\(index + 1)"
      try slice(from: 0, to: count - lag, name: "\(name).earlier")
      let earlier = current
      goBack(to: value)
      try slice(from: lag, to: count, name: "\(name).later")
      try append("Sub", name, inputs: [earlier])
      count -= lag
    }
    try append("Sub", "centred", inputs: [constant("input.mean", tensor([transform.mean]))])
    try append(
      "Div", "standardised", inputs: [constant("input.deviation", tensor([transform.deviation]))])
    try reshape(to: [1, count], name: "channel")
  }

  /// Makes values of the series of standardised differences that follow the window.
  mutating func appendForecastOutput(_ transform: ForecastTransform) throws(MRDLError) {
    try append(
      Standardization(mean: [transform.mean], deviation: [transform.deviation]))
    if !transform.differences.isEmpty {
      // The transposes of both matrices, so that rows are samples.
      let (future, past) = transform.restoration
      try append(
        "MatMul", "summed",
        inputs: [
          constant(
            "restoration.future",
            transposed(future, rows: transform.horizon, columns: transform.horizon))
        ])
      let sum = current
      goBack(to: Self.levels)
      try append(
        "MatMul", "carried",
        inputs: [
          constant(
            "restoration.past",
            transposed(past, rows: transform.horizon, columns: transform.window))
        ])
      try append("Add", "restored", inputs: [sum])
    }
    if transform.takesLogarithm { try append("Exp", "values") }
  }

  private mutating func slice(from start: Int, to end: Int, name: String) throws(MRDLError) {
    try append(
      "Slice", name,
      inputs: [
        constant("\(name).start", Tensor([Int64(start)])),
        constant("\(name).end", Tensor([Int64(end)])),
        constant("\(name).axis", Tensor([Int64(1)])),
      ])
  }

  private func transposed(_ matrix: [Double], rows: Int, columns: Int) -> Tensor {
    tensor(
      (0..<rows * columns).map { matrix[$0 % rows * columns + $0 / rows] }
    ).reshaped(Shape([columns, rows]))
  }
}
