package import MRDLCore
package import MRDLModel

/// A linear model of one quantity in the units of its data: y = intercept + Σ coefficient · feature.
package struct LinearCoefficients: Sendable, Hashable {
  package let intercept: Double
  package let coefficients: [(name: String, value: Double)]

  package static func == (left: Self, right: Self) -> Bool {
    left.intercept == right.intercept
      && left.coefficients.elementsEqual(right.coefficients) { $0 == $1 }
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(intercept) }

  /// nil where the model is none: not one dense layer on features.
  package init?(_ model: Model, _ recipe: Recipe, _ data: RecipeData) throws(MRDLError) {
    guard recipe.layers.count == 1, case .dense = recipe.layers[0], !data.isClassification,
      data.forecast == nil, recipe.base == nil, case .features(let features) = data.preprocessing,
      let weight = try model.tensors["dense1.weight"]?.load()
    else { return nil }
    func numbers(_ tensor: Tensor) -> [Double] {
      tensor.scalarType == .float64
        ? tensor.elements(as: Double.self) : tensor.elements(as: Float.self).map { Double($0) }
    }
    let bias = try model.tensors["dense1.bias"]?.load()
    let scale = data.scaling?.deviation[0] ?? 1
    var intercept = (bias.map { numbers($0)[0] } ?? 0) * scale + (data.scaling?.mean[0] ?? 0)
    var coefficients: [(name: String, value: Double)] = []
    for (index, value) in numbers(weight).enumerated() {
      let coefficient = value * scale / features.standardDeviation[index]
      intercept -= coefficient * features.mean[index]
      coefficients.append((features.names[index], coefficient))
    }
    self.intercept = intercept
    self.coefficients = coefficients
  }
}
