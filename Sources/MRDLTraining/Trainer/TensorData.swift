public import MRDLCore

/// Samples whose inputs are the rows of a tensor.
public struct TensorData: TrainingData {
  private let inputs: Tensor
  private let targets: Tensor?
  private let labels: [Int]
  public let inputShape: Shape
  public let targetShape: Shape?

  /// Samples with a class each.
  ///
  /// - Parameter inputs: `f32` [samples, …].
  /// - Precondition: there is a label for each sample.
  public init(inputs: Tensor, labels: [Int]) {
    precondition(
      inputs.scalarType == .float32 && inputs.shape.rank > 0 && inputs.shape[0] == labels.count,
      "inputs of \(inputs.scalarType.rawValue) \(inputs.shape) for \(labels.count) labels")
    self.inputs = inputs
    self.labels = labels
    targets = nil
    inputShape = Shape(Array(inputs.shape.dimensions.dropFirst()))
    targetShape = nil
  }

  /// Samples with numbers as targets.
  ///
  /// - Parameters:
  ///   - inputs: `f32` [samples, …].
  ///   - targets: `f32` [samples, …].
  /// - Precondition: there is a target for each sample.
  public init(inputs: Tensor, targets: Tensor) {
    precondition(
      inputs.scalarType == .float32 && targets.scalarType == .float32 && inputs.shape.rank > 0
        && targets.shape.rank > 0 && inputs.shape[0] == targets.shape[0],
      "inputs of \(inputs.scalarType.rawValue) \(inputs.shape) for targets of "
        + "\(targets.scalarType.rawValue) \(targets.shape)")
    self.inputs = inputs
    self.targets = targets
    labels = []
    inputShape = Shape(Array(inputs.shape.dimensions.dropFirst()))
    targetShape = Shape(Array(targets.shape.dimensions.dropFirst()))
  }

  public var sampleCount: Int { inputs.shape[0] }

  public func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    Self.copyRow(index, of: inputs, into: &target)
  }

  public func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    if let targets { Self.copyRow(index, of: targets, into: &target) }
  }

  public func label(ofSample index: Int) -> Int { labels[index] }

  private static func copyRow(
    _ row: Int, of tensor: Tensor, into target: inout MutableSpan<Float>
  ) {
    let source = tensor.span(of: Float.self)
    let count = target.count
    for index in 0..<count { target[index] = source[row * count + index] }
  }
}
