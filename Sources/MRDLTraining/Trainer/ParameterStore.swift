internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// The parameters of a training program: memory that sessions read as inputs and the optimizer writes in
/// place.
///
/// The tensors share that memory with whoever holds them, which is why the store writes only between runs,
/// and gives away copies.
final class ParameterStore {
  private struct Parameter {
    let info: TensorInfo
    let values: Tensor
    /// What the optimizer remembers.
    let slots: [Tensor]
  }

  private let parameters: [Parameter]
  /// Steps taken so far.
  private var stepCount = 0
  /// Below so many elements one thread does it all.
  private static let pieceElementCount = 1 << 16

  /// Takes copies of the named tensors.
  ///
  /// - Throws: `MRDL1202` for a tensor that is not there, `MRDL1208` for one that is not `f32`.
  init(_ names: [String], of model: Model, slotCount: Int) throws(MRDLError) {
    var parameters: [Parameter] = []
    for name in names {
      guard let tensor = model.tensors[name] else {
        throw MRDLError(.missingTensor, "a parameter is not in the model", found: "\"\(name)\"")
      }
      let values = try tensor.load()
      guard values.scalarType == .float32 else {
        throw MRDLError(
          .typeMismatch, "a parameter is not of a type that can be trained",
          found: values.scalarType.rawValue, expected: "f32", at: Place(name))
      }
      parameters.append(
        Parameter(
          info: tensor.info, values: values.copied(),
          slots: (0..<slotCount).map { _ in Tensor(zeros: values.shape) }))
    }
    self.parameters = parameters
  }

  var count: Int { parameters.count }

  /// The memory of a parameter, to be bound to an input and not to be kept.
  func tensor(_ index: Int) -> Tensor { parameters[index].values }

  /// Ends a step: from here on `update` counts as the next one.
  func beginStep() { stepCount += 1 }

  /// Moves one parameter along its gradient.
  func update(
    _ index: Int, gradient: UnsafeRawBufferPointer, optimizer: Optimizer, rate: Double,
    threadLimit: Int
  ) {
    let parameter = parameters[index]
    let count = parameter.values.elementCount
    guard let gradient = gradient.assumingMemoryBound(to: Float.self).baseAddress, count > 0
    else { return }
    let values = pointer(parameter.values)
    let slots = parameter.slots.map { pointer($0) }
    let decays = parameter.values.shape.rank > 1
    let pieceCount = (count + Self.pieceElementCount - 1) / Self.pieceElementCount
    if pieceCount == 1 {
      optimizer.update(
        values, gradient: gradient, slots: slots, count: count, rate: rate, step: stepCount,
        decays: decays)
      return
    }
    let step = stepCount
    WorkerPool.parallel(pieceCount, threadLimit: threadLimit) { piece in
      let first = piece * Self.pieceElementCount
      optimizer.update(
        values + first, gradient: gradient + first, slots: slots.map { $0 + first },
        count: min(Self.pieceElementCount, count - first), rate: rate, step: step, decays: decays)
    }
  }

  /// Whether every value of every parameter is a finite number.
  var isFinite: Bool {
    parameters.allSatisfy { parameter in
      let span = parameter.values.span(of: Float.self)
      for index in 0..<span.count where !span[index].isFinite { return false }
      return true
    }
  }

  /// The parameters as they are now, independent of the steps to come.
  func snapshot() -> [ModelTensor] {
    parameters.map { ModelTensor($0.info.name, $0.values.copied(), axes: $0.info.axes) }
  }

  private func pointer(_ tensor: Tensor) -> UnsafeMutablePointer<Float> {
    (tensor.storage.base + tensor.byteOffset).assumingMemoryBound(to: Float.self)
  }
}
