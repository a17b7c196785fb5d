package import MRDLCore
internal import MRDLTraining

/// Rows of a table as samples of a trainer, kept in double precision.
package struct TableSamples: QuantitySamples {
  /// `f64` [rows, features], standardised.
  package let inputs: Tensor
  /// The class of each row; empty for quantities.
  package let labels: [Int]
  /// The quantities, row by row, standardised; of binary classes, 0 or 1.
  package let targets: [Double]
  private let targetCount: Int
  private let scaling: Standardization?

  /// Rows with a class each.
  ///
  /// - Parameter isBinary: the target is the number 0 or 1, not that of a class.
  package init(inputs: Tensor, labels: [Int], isBinary: Bool) {
    self.inputs = inputs
    self.labels = labels
    targets = isBinary ? labels.map(Double.init) : []
    targetCount = isBinary ? 1 : 0
    scaling = nil
  }

  /// Rows with quantities.
  ///
  /// - Parameter scaling: what has been done to the targets.
  package init(
    inputs: Tensor, targets: [Double], targetCount: Int, scaling: Standardization? = nil
  ) {
    self.scaling = scaling
    self.inputs = inputs
    labels = []
    self.targets = targets
    self.targetCount = targetCount
  }

  package var sampleCount: Int { inputs.shape[0] }
  package var inputShape: Shape { Shape([inputs.shape[1]]) }
  package var targetShape: Shape? { targetCount == 0 ? nil : Shape([targetCount]) }

  package func label(ofSample index: Int) -> Int { labels[index] }

  package func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    let source = inputs.span(of: Double.self)
    let count = target.count
    for offset in 0..<count { target[offset] = Float(source[index * count + offset]) }
  }

  package func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    for offset in 0..<targetCount { target[offset] = Float(targets[index * targetCount + offset]) }
  }

  package func quantities(ofSample index: Int) -> [Double] {
    (0..<targetCount).map { offset in
      let value = targets[index * targetCount + offset]
      return scaling.map { value * $0.deviation[offset] + $0.mean[offset] } ?? value
    }
  }
}
