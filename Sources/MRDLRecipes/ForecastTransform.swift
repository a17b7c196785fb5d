internal import MRDLCore

/// What brings a series to the scale of a network, and forecasts back to that of the series: a logarithm z = ln y,
/// differences w = Π (1 − Lᵏ) z with the lag operator L, and (w − mean) / deviation.
///
/// All of it is a part of the stored graph, which takes and gives values as the data have them.
package struct ForecastTransform: Sendable, Hashable {
  package let window: Int
  package let horizon: Int
  package let takesLogarithm: Bool
  package let differences: [Int]
  /// Of the differences over the training part.
  package var mean = 0.0
  package var deviation = 1.0

  init(_ recipe: ForecastRecipe) {
    window = recipe.window
    horizon = recipe.horizon
    takesLogarithm = recipe.takesLogarithm
    differences = recipe.differences
  }

  /// How many steps before its own a difference is made of.
  var reach: Int { differences.reduce(0, +) }
  /// How many numbers the network is given.
  var stepCount: Int { window - reach }

  /// The coefficients c of w[t] = Σ c[k] z[t − k], from k = 0, where c is 1.
  private var coefficients: [Double] {
    var product = [1.0]
    for lag in differences {
      var next = product + [Double](repeating: 0, count: lag)
      for (index, coefficient) in product.enumerated() { next[index + lag] -= coefficient }
      product = next
    }
    return product
  }

  /// The logarithms, where they are taken.
  func levels(of values: [Double]) -> [Double] {
    takesLogarithm ? values.map { logarithm($0) } : values
  }

  /// The differences of levels: `reach` fewer numbers.
  func differenced(_ levels: [Double]) -> [Double] {
    let coefficients = coefficients
    guard levels.count > reach else { return [] }
    return (reach..<levels.count).map { step in
      coefficients.indices.reduce(0) { $0 + coefficients[$1] * levels[step - $1] }
    }
  }

  /// What makes levels of differences that follow a window: z = future · w + past · window, row by row.
  var restoration: (future: [Double], past: [Double]) {
    let coefficients = coefficients
    var rows: [(future: [Double], past: [Double])] = []
    for step in 0..<horizon {
      var future = [Double](repeating: 0, count: horizon)
      var past = [Double](repeating: 0, count: window)
      future[step] = 1
      for lag in coefficients.indices.dropFirst() where coefficients[lag] != 0 {
        if step < lag {
          past[window + step - lag] -= coefficients[lag]
          continue
        }
        let earlier = rows[step - lag]
        for index in 0..<horizon { future[index] -= coefficients[lag] * earlier.future[index] }
        for index in 0..<window { past[index] -= coefficients[lag] * earlier.past[index] }
      }
      rows.append((future, past))
    }
    return (rows.flatMap(\.future), rows.flatMap(\.past))
  }
}
