package import MRDLCore
internal import MRDLModel

/// The attributes of losses of classes: how the losses of a batch become one, and the class that never
/// counts.
package struct LossReduction: Sendable {
  enum Kind: String, CaseIterable, Sendable {
    case none
    case sum
    case mean
  }

  let kind: Kind
  let ignoredClass: Int?

  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    kind = try attributes.choice("reduction", default: .mean)
    ignoredClass = try attributes.integer("ignore_index")
  }

  /// - Throws: `MRDL4005` for a label that is none of the classes, which count from 0.
  package static func check(
    _ label: Int, classCount: Int, at place: Place
  ) throws(MRDLError) {
    guard (0..<classCount).contains(label) else {
      throw MRDLError(
        .operatorFailed, "a label is no class", found: "\(label)",
        expected: "0 to \(classCount - 1)", at: place)
    }
  }

  /// The shape of the loss of scores [N, C, …], labels [N, …] and maybe weights [C].
  func infer(_ operands: Operands) throws(MRDLError) -> SymbolicShape? {
    try operands.sameType([0, 2], among: .floats)
    _ = try operands.required(1, of: [.int32, .int64])
    guard let scores = try operands.shape(0, rank: 2...Int.max) else {
      return kind == .none ? nil : []
    }
    try operands.checkVector(2, extent: scores[1], "there is not one weight for each class")
    if let labels = try operands.required(1).shape {
      let message = "the labels do not fit the scores"
      guard labels.rank == scores.rank - 1 else {
        throw operands.shapeMismatch(
          message, found: "\(labels)", expected: "one axis fewer than \(scores)")
      }
      for axis in 0..<labels.rank {
        _ = try operands.unify(labels[axis], scores[axis == 0 ? 0 : axis + 1], message)
      }
    }
    if kind != .none { return [] }
    var shape = scores
    shape.dimensions.remove(at: 1)
    return shape
  }
}

/// The negative logarithms of the probabilities of labels.
struct LossKernel: Kernel {
  private let reduction: LossReduction
  private let lines: (outer: Int, length: Int, inner: Int)
  private let type: ScalarType
  private let labelType: ScalarType
  /// Whether the input are scores, of which the logarithms of probabilities are still to be made.
  private let takesScores: Bool
  private let place: Place

  init(
    _ request: KernelRequest, _ reduction: LossReduction, takesScores: Bool
  ) throws(MRDLError) {
    type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    self.reduction = reduction
    self.takesScores = takesScores
    lines = request.inputShape(0).lines(along: 1)
    labelType = request.inputType(1)
    place = request.place
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0),
        labels: IndexBuffer(arguments.inputBytes(1), labelType),
        weights: arguments.hasInput(2) ? arguments.inputBytes(2) : nil,
        loss: arguments.hasOutput(0) ? arguments.outputBytes(0) : nil,
        probabilities: arguments.hasOutput(1) ? arguments.outputBytes(1) : nil))
  }

  private struct Visitor: NumberVisitor {
    let kernel: LossKernel
    let input: UnsafeRawBufferPointer
    let labels: IndexBuffer
    let weights: UnsafeRawBufferPointer?
    /// nil where nobody reads the loss.
    let loss: UnsafeMutableRawBufferPointer?
    let probabilities: UnsafeMutableRawBufferPointer?

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let weights = weights?.assumingMemoryBound(to: type)
      let y = loss?.assumingMemoryBound(to: type)
      let logarithms = probabilities?.assumingMemoryBound(to: type)
      let (outer, length, inner) = kernel.lines
      let kind = kernel.reduction.kind
      var (sum, weightSum) = (0.0, 0.0)
      for line in 0..<(outer * inner) {
        let start = line / inner * length * inner + line % inner
        var shift = 0.0
        if kernel.takesScores {
          var largest = -Double.infinity
          for index in 0..<length { largest = max(largest, x[start + index * inner].real) }
          var total = 0.0
          for index in 0..<length { total += exponential(x[start + index * inner].real - largest) }
          shift = largest + logarithm(total)
          if let logarithms {
            for index in 0..<length {
              let position = start + index * inner
              logarithms[position] = Number(nearest: x[position].real - shift)
            }
          }
        }
        let label = labels[line]
        var value = 0.0
        if label != kernel.reduction.ignoredClass {
          try LossReduction.check(label, classCount: length, at: kernel.place)
          let weight = weights?[label].real ?? 1
          value = -(x[start + label * inner].real - shift) * weight
          weightSum += weight
        }
        if kind == .none { y?[line] = Number(nearest: value) }
        sum += value
      }
      switch kind {
      case .none: break
      case .sum: y?[0] = Number(nearest: sum)
      case .mean: y?[0] = Number(nearest: sum / weightSum)
      }
    }
  }
}
