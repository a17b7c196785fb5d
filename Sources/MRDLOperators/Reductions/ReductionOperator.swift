package import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// What all reductions have in common: one number for all elements along some axes.
///
/// Inputs: the data, and maybe the axes, all of them unless given. The axes stay with an extent of 1 unless
/// `keepdims` is 0. With `noop_with_empty_axes`, no axes means that nothing is reduced.
package protocol AxisReduction: Operator {
  static var scalarTypes: Set<ScalarType> { get }
  var options: ReductionOptions { get }
}

/// A reduction that `Reduction` computes.
package protocol ReductionOperator: AxisReduction {
  static var kind: Reduction.Kind { get }
}

/// The attributes of a reduction.
package struct ReductionOptions: Sendable {
  package let keepsAxes: Bool
  let emptyAxesKeepAll: Bool

  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    keepsAxes = try attributes.flag("keepdims", default: true)
    emptyAxesKeepAll = try attributes.flag("noop_with_empty_axes")
  }

  /// The axes that are reduced, in ascending order; nil where they are not known yet.
  package func axes(_ operands: Operands, rank: Int) throws(MRDLError) -> [Int]? {
    var given: [Int] = []
    if operands.optional(1) != nil {
      guard let known = try operands.integers(1) else { return nil }
      given = known
    }
    if given.isEmpty { return emptyAxesKeepAll ? [] : Array(0..<rank) }
    return try operands.axes(given, rank: rank).sorted()
  }
}

extension AxisReduction {
  public static var inputCount: ClosedRange<Int> { 1...2 }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: Self.scalarTypes)
    if operands.optional(1) != nil { _ = try operands.shape(1, rank: 1...1) }
    guard let shape = data.shape else { return [ValueFacts(data.scalarType, nil)] }
    guard let axes = try options.axes(operands, rank: shape.rank) else {
      let unknown = SymbolicShape(shape.dimensions.map { _ in .unknown })
      return [ValueFacts(data.scalarType, options.keepsAxes ? unknown : nil)]
    }
    let dimensions = shape.dimensions.enumerated().compactMap { axis, extent -> Dimension? in
      axes.contains(axis) ? (options.keepsAxes ? 1 : nil) : extent
    }
    return [ValueFacts(data.scalarType, SymbolicShape(dimensions))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: inputs[0]?.concreteShape?.elementCount ?? 0)
  }

}

extension ReductionOperator {
  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let axes = try options.axes(operands, rank: shape.rank) else {
      preconditionFailure("a kernel is asked for before the axes are known")
    }
    let type = request.inputType(0)
    let stages = ReductionStage.stages(shape, axes: axes)
    if stages.isEmpty { return ViewKernel() }
    if Set.realNumbers.contains(type) {
      return StagedReductionKernel(type, Self.kind, stages)
    }
    guard type == .bool || type.isInteger else { throw request.unsupportedType(type) }
    return IntegerReductionKernel(type, Self.kind, stages)
  }
}

/// A reduction along one axis of a dense tensor; several axes that do not lie side by side take several.
struct ReductionStage: Sendable, Hashable {
  /// The product of the extents before the axis.
  let outer: Int
  /// The extent of the axis.
  let length: Int
  /// The product of the extents after the axis.
  let inner: Int

  var outputCount: Int { outer * inner }

  /// What reduces some axes: the innermost first, and axes side by side as one. Axes of extent 1 need no
  /// stage.
  static func stages(_ shape: Shape, axes: [Int]) -> [ReductionStage] {
    var groups: [(extent: Int, isReduced: Bool)] = []
    for axis in 0..<shape.rank where shape[axis] != 1 {
      let isReduced = axes.contains(axis)
      if let last = groups.last, last.isReduced == isReduced {
        groups[groups.count - 1].extent *= shape[axis]
      } else {
        groups.append((shape[axis], isReduced))
      }
    }
    var stages: [ReductionStage] = []
    for index in groups.indices.reversed() where groups[index].isReduced {
      stages.append(
        ReductionStage(
          outer: groups[..<index].reduce(1) { $0 * $1.extent }, length: groups[index].extent,
          inner: groups[(index + 1)...].reduce(1) { $0 * ($1.isReduced ? 1 : $1.extent) }))
    }
    return stages
  }

  /// Bytes of the two buffers that results between stages take turns in.
  static func buffers(_ stages: [ReductionStage], elementByteCount: Int) -> (Int, Int) {
    var sizes = (0, 0)
    for (index, stage) in stages.dropLast().enumerated() {
      let bytes = (stage.outputCount * elementByteCount).roundedUp(toMultipleOf: 64)
      if index % 2 == 0 { sizes.0 = max(sizes.0, bytes) } else { sizes.1 = max(sizes.1, bytes) }
    }
    return sizes
  }
}
