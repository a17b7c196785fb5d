public import MRDLCore
internal import MRDLModel

/// ONNX TensorScatter: a cache with an update written at a place along an axis, one for each batch.
///
/// Inputs: the cache, the update, and maybe the first index of each batch, 0 unless given. `axis` is -2
/// unless given; `mode` "circular" goes on at the beginning behind the end.
public struct TensorScatter: Operator {
  public static let name = "TensorScatter"
  public static let inputCount = 2...3

  private enum Mode: String, CaseIterable {
    case linear
    case circular
  }

  private let axis: Int
  private let mode: Mode

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis", default: -2)
    mode = try attributes.choice("mode", default: .linear)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .all)
    let shape = try operands.shape(0, rank: 2...Int.max)
    if operands.optional(2) != nil { _ = try operands.required(2, of: [.int64]) }
    if let shape, let update = try operands.required(1).shape {
      let axis = try operands.axis(axis, rank: shape.rank)
      guard axis > 0, update.rank == shape.rank else {
        throw operands.shapeMismatch("an update does not fit the cache", found: "\(update)")
      }
      for index in 0..<shape.rank where index != axis {
        _ = try operands.unify(shape[index], update[index], "an update does not fit the cache")
      }
      if let own = shape[axis].value, let other = update[axis].value, other > own {
        throw operands.shapeMismatch(
          "an update is longer than the cache", found: "\(other)", expected: "at most \(own)")
      }
    }
    return [ValueFacts(type, shape)]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost { Cost() }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    guard let axis = shape.normalizedAxis(axis) else {
      preconditionFailure("inference checks axes")
    }
    return TensorScatterKernel(
      lines: shape.lines(along: axis), length: request.inputShape(1)[axis],
      linesPerBatch: shape.dimensions[1..<axis].reduce(1, *), isCircular: mode == .circular,
      width: try request.elementByteCount(0), place: request.place)
  }
}

private struct TensorScatterKernel: Kernel {
  let lines: (outer: Int, length: Int, inner: Int)
  let length: Int
  let linesPerBatch: Int
  let isCircular: Bool
  let width: Int
  let place: Place

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try ViewKernel().run(arguments)
    guard
      let mover = ElementMover(arguments.inputBytes(1), arguments.outputBytes(0), width: width)
    else { return }
    for outer in 0..<lines.outer {
      var start = 0
      if arguments.hasInput(2) {
        start = Int(arguments.input(2, as: Int64.self)[outer / max(linesPerBatch, 1)])
      }
      guard start >= 0, isCircular || start <= lines.length - length else {
        throw MRDLError(
          .operatorFailed, "an update does not fit into the cache", found: "first index \(start)",
          expected: "0 to \(lines.length - length)", at: place)
      }
      for step in 0..<length {
        let place = (start % max(lines.length, 1) + step) % lines.length
        mover.move(
          (outer * length + step) * lines.inner,
          to: (outer * lines.length + place) * lines.inner, count: lines.inner)
      }
    }
  }
}
