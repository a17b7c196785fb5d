public import MRDLCore

/// Samples to learn from or to measure on: an input of the model and a target each.
///
/// Requests come from several threads at once.
public protocol TrainingData: Sendable {
  var sampleCount: Int { get }
  /// The shape of the input without the batch.
  var inputShape: Shape { get }
  /// nil where the target is the number of a class, else the shape of the target without the batch.
  var targetShape: Shape? { get }

  /// Writes the input of a sample, element by element.
  ///
  /// - Parameters:
  ///   - epoch: from 1 while training, 0 while measuring; what is varied at random depends on it, and on
  ///     the sample.
  func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>)

  /// Writes the target of a sample that is no class.
  func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>)

  /// The class of a sample.
  func label(ofSample index: Int) -> Int
}

extension TrainingData {
  public func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    preconditionFailure("the target of a sample is a class")
  }

  public func label(ofSample index: Int) -> Int {
    preconditionFailure("the target of a sample is no class")
  }
}

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

/// Some samples of other data, in an order of their own.
public struct DataSelection<Base: TrainingData>: TrainingData {
  public let base: Base
  /// The samples, by their numbers in the base.
  public let indices: [Int]

  /// - Precondition: every index is that of a sample.
  public init(_ base: Base, indices: [Int]) {
    precondition(
      indices.allSatisfy { (0..<base.sampleCount).contains($0) }, "a sample that is not there")
    self.base = base
    self.indices = indices
  }

  public var sampleCount: Int { indices.count }
  public var inputShape: Shape { base.inputShape }
  public var targetShape: Shape? { base.targetShape }

  public func copyInput(ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>) {
    base.copyInput(ofSample: indices[index], epoch: epoch, into: &target)
  }

  public func copyTarget(ofSample index: Int, into target: inout MutableSpan<Float>) {
    base.copyTarget(ofSample: indices[index], into: &target)
  }

  public func label(ofSample index: Int) -> Int { base.label(ofSample: indices[index]) }
}
