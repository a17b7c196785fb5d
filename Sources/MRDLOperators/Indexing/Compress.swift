public import MRDLCore
internal import MRDLModel

/// ONNX Compress: the slices along `axis` for which a condition is true; without an axis the elements, in
/// row-major order. A condition that is too short leaves out the rest.
public struct Compress: DataDependentOperator {
  public static let name = "Compress"
  public static let inputCount = 2...2

  private let axis: Int?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    axis = try attributes.integer("axis")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .all)
    _ = try operands.required(1, of: [.bool])
    _ = try operands.shape(1, rank: 1...1)
    guard let axis else { return [ValueFacts(data.scalarType, [.unknown])] }
    guard var shape = try operands.shape(0, rank: 1...Int.max) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    shape[try operands.axis(axis, rank: shape.rank)] = .unknown
    return [ValueFacts(data.scalarType, shape)]
  }

  public func evaluate(
    _ inputs: [Tensor?], outputCount: Int, place: Place
  ) throws(MRDLError) -> [Tensor?] {
    guard let data = inputs[0], let condition = inputs[1] else { return [nil] }
    guard let width = data.scalarType.elementByteCount else {
      throw MRDLError(
        .unsupportedScalarType, "elements smaller than a byte are not chosen",
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
    let lines = source.shape.lines(along: index)
    let flags = condition.elements(as: Bool.self)
    let chosen = (0..<min(lines.length, flags.count)).filter { flags[$0] }
    var extents = source.shape.dimensions
    extents[index] = chosen.count
    var result = Tensor(zeros: Shape(extents), scalarType: data.scalarType)
    source.withUnsafeBytes { from in
      result.withUnsafeMutableBytes { to in
        guard let mover = ElementMover(from, to, width: width) else { return }
        for outer in 0..<lines.outer {
          for (rank, slice) in chosen.enumerated() {
            mover.move(
              (outer * lines.length + slice) * lines.inner,
              to: (outer * chosen.count + rank) * lines.inner, count: lines.inner)
          }
        }
      }
    }
    return [result]
  }
}
