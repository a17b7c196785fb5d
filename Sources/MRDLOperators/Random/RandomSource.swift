internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// Where the random numbers of a node come from.
///
/// A kernel has no state, so that a node draws the same numbers in every run. They depend on the attribute
/// `seed`; without one, on the name of the first output, so that different nodes draw different numbers.
struct RandomSource: Sendable {
  /// At the beginning; every run draws from a copy.
  let numbers: RandomNumbers

  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    try self.init(seed: attributes.float("seed"), attributes.node)
  }

  /// - Parameter seed: nil where the node has none.
  init(seed: Double?, _ node: Node) {
    if let seed {
      numbers = RandomNumbers(seed: seed.bitPattern)
    } else {
      // FNV-1a: short, and the same on every machine.
      let name = node.outputs.first ?? ""
      let stream = name.utf8.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { hash, byte in
        (hash ^ UInt64(byte)) &* 0x100_0000_01B3
      }
      numbers = RandomNumbers(seed: 0, stream: stream)
    }
  }
}

/// What random numbers are distributed like.
enum RandomDistribution: Sendable {
  case normal(mean: Double, scale: Double)
  case uniform(low: Double, high: Double)

  /// Reads `mean` and `scale`.
  static func normal(_ attributes: inout AttributeReader) throws(MRDLError) -> RandomDistribution {
    .normal(
      mean: try attributes.float("mean", default: 0),
      scale: try attributes.float("scale", default: 1))
  }

  /// Reads `low` and `high`.
  static func uniform(_ attributes: inout AttributeReader) throws(MRDLError) -> RandomDistribution {
    .uniform(
      low: try attributes.float("low", default: 0),
      high: try attributes.float("high", default: 1))
  }
}

/// Fills the output with random real numbers.
struct RandomKernel: Kernel {
  let source: RandomSource
  let distribution: RandomDistribution
  let type: ScalarType

  init(
    _ request: KernelRequest, _ source: RandomSource, _ distribution: RandomDistribution
  ) throws(MRDLError) {
    self.source = source
    self.distribution = distribution
    type = request.outputs[0]?.scalarType ?? .float32
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        numbers: source.numbers, distribution: distribution, output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let numbers: RandomNumbers
    let distribution: RandomDistribution
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      var numbers = numbers
      let output = output.assumingMemoryBound(to: type)
      for index in output.indices {
        switch distribution {
        case .normal(let mean, let scale):
          output[index] = Number(nearest: mean + scale * numbers.nextNormal())
        case .uniform(let low, let high):
          output[index] = Number(nearest: numbers.nextUniform(from: low, to: high))
        }
      }
    }
  }
}

extension AttributeReader {
  /// The type that `dtype` names; nil where it is not there.
  mutating func scalarType(
    _ name: String, among types: Set<ScalarType>
  ) throws(MRDLError) -> ScalarType? {
    guard let code = try integer(name) else { return nil }
    guard let type = ScalarType(onnxCode: code), types.contains(type) else {
      throw wrongValue(name, "\(code)", "the number of a type that the operator gives")
    }
    return type
  }

  /// The shape that `shape` gives.
  mutating func shape() throws(MRDLError) -> Shape {
    guard let extents = try integers("shape") else { throw missing("shape") }
    guard let shape = Shape(checking: extents),
      ScalarType.float64.byteCount(elementCount: shape.elementCount) != nil
    else { throw wrongValue("shape", "\(extents)", "extents") }
    return shape
  }
}
