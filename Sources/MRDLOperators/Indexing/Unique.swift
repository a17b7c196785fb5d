public import MRDLCore
internal import MRDLModel

/// ONNX Unique: the different elements, or the different slices along `axis`, sorted or (`sorted` 0) in
/// the order in which they are first met.
///
/// Outputs: they; the index of the first of each; for each element the place of its like among them; and
/// how often each is met.
public struct Unique: DataDependentOperator {
  public static let name = "Unique"
  public static let inputCount = 1...1
  public static let outputCount = 1...4

  private static let types = Set<ScalarType>.arithmetic

  private let axis: Int?
  private let isSorted: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis")
    isSorted = try attributes.flag("sorted", default: true)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: Self.types)
    let count = ValueFacts(.int64, [.unknown])
    guard let axis else {
      let inverse = ValueFacts(
        .int64, [data.shape.map { .product($0.dimensions) } ?? .unknown])
      return [ValueFacts(data.scalarType, [.unknown]), count, inverse, count]
    }
    guard var shape = try operands.shape(0, rank: 1...Int.max) else {
      return [ValueFacts(data.scalarType, nil), count, count, count]
    }
    let index = try operands.axis(axis, rank: shape.rank)
    let inverse = ValueFacts(.int64, [shape[index]])
    shape[index] = .unknown
    return [ValueFacts(data.scalarType, shape), count, inverse, count]
  }

  public func evaluate(
    _ inputs: [Tensor?], outputCount: Int, place: Place
  ) throws(MRDLError) -> [Tensor?] {
    guard let data = inputs[0] else { return [] }
    guard Self.types.contains(data.scalarType) else {
      throw MRDLError(
        .unsupportedScalarType, "the operator does not compute in this type",
        found: data.scalarType.rawValue, at: place)
    }
    var source = data
    var index = 0
    if let axis {
      guard let given = data.shape.normalizedAxis(axis) else {
        throw MRDLError(.badAttribute, "an axis is out of range", found: "\(axis)", at: place)
      }
      index = given
    } else {
      source = data.reshaped(Shape([data.elementCount]))
    }
    let isNarrow = data.scalarType == .float16 || data.scalarType == .bfloat16
    let search = Search(
      isNarrow ? try source.cast(to: .float32) : source, axis: index, isSorted: isSorted)
    try (isNarrow ? .float32 : data.scalarType).accept(search)
    return [
      try Self.gather(search.firsts, of: source, axis: index, place),
      Tensor(search.firsts.map { Int64($0) }),
      Tensor(search.inverse.map { Int64($0) }), Tensor(search.counts.map { Int64($0) }),
    ]
  }

  /// Finds equal slices by sorting them.
  private final class Search: NumberVisitor {
    private let source: Tensor
    private let axis: Int
    private let isSorted: Bool
    /// The first slice of each kind.
    private(set) var firsts: [Int] = []
    /// The kind of each slice.
    private(set) var inverse: [Int] = []
    /// How many slices each kind has.
    private(set) var counts: [Int] = []

    init(_ source: Tensor, axis: Int, isSorted: Bool) {
      self.source = source
      self.axis = axis
      self.isSorted = isSorted
    }

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let lines = source.shape.lines(along: axis)
      let x = source.elements(as: type)
      /// −1, 0 or 1 as one slice comes before another, is equal to it or comes behind it.
      func order(_ left: Int, _ right: Int) -> Int {
        for outer in 0..<lines.outer {
          for inner in 0..<lines.inner {
            let a = x[(outer * lines.length + left) * lines.inner + inner]
            let b = x[(outer * lines.length + right) * lines.inner + inner]
            if a.isNotANumber != b.isNotANumber { return a.isNotANumber ? 1 : -1 }
            if a < b { return -1 }
            if b < a { return 1 }
          }
        }
        return 0
      }
      let sorted = (0..<lines.length).sorted { left, right in
        let result = order(left, right)
        return result == 0 ? left < right : result < 0
      }
      inverse = [Int](repeating: 0, count: lines.length)
      for (position, slice) in sorted.enumerated() {
        if position == 0 || order(sorted[position - 1], slice) != 0 {
          firsts.append(slice)
          counts.append(0)
        }
        inverse[slice] = firsts.count - 1
        counts[firsts.count - 1] += 1
      }
      if isSorted { return }
      let ranks = firsts.indices.sorted { firsts[$0] < firsts[$1] }
      var places = [Int](repeating: 0, count: ranks.count)
      for (place, rank) in ranks.enumerated() { places[rank] = place }
      firsts = ranks.map { firsts[$0] }
      counts = ranks.map { counts[$0] }
      inverse = inverse.map { places[$0] }
    }
  }

  /// Some slices one after the other.
  private static func gather(
    _ slices: [Int], of source: Tensor, axis: Int, _ place: Place
  ) throws(MRDLError) -> Tensor {
    guard !slices.isEmpty else { return source }
    var parts: [Tensor] = []
    for slice in slices { parts.append(try source.part(axis: axis, slice..<(slice + 1), place)) }
    return try Tensor.joined(parts, axis: axis, place)
  }
}
