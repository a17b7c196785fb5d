public import MRDLCore
internal import MRDLModel

/// ONNX AffineGrid: where the points of an image come from under an affine map, as GridSample takes them.
///
/// Inputs: theta [N, 2, 3] or [N, 3, 4] and the size of the image, [N, C, H, W] or [N, C, D, H, W]. Output:
/// [N, …, 2 or 3], the innermost axis first. With `align_corners` -1 and 1 are the centres of the outermost
/// points rather than their edges.
public struct AffineGrid: Operator {
  public static let name = "AffineGrid"
  public static let inputCount = 2...2

  private let alignsCorners: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    alignsCorners = try attributes.flag("align_corners")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    guard let theta = try operands.shape(0, rank: 3...3), let size = try operands.integers(1) else {
      return [ValueFacts(data.scalarType, nil)]
    }
    let rank = size.count - 2
    guard (2...3).contains(rank), size.allSatisfy({ $0 >= 0 }) else {
      throw operands.shapeMismatch(
        "the size of an image has other than four or five numbers", found: "\(size)",
        expected: "4 or 5")
    }
    let message = "the matrices do not fit the size of the image"
    _ = try operands.unify(theta[0], .fixed(size[0]), message)
    _ = try operands.unify(theta[1], .fixed(rank), message)
    _ = try operands.unify(theta[2], .fixed(rank + 1), message)
    return [
      ValueFacts(
        data.scalarType,
        SymbolicShape([theta[0]] + size[2...].map { .fixed($0) } + [.fixed(rank)]))
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let output = request.outputShape()
    return AffineGridKernel(
      type: type, batch: output[0], extents: Array(output.dimensions[1..<(output.rank - 1)]),
      alignsCorners: alignsCorners)
  }
}

private struct AffineGridKernel: Kernel {
  let type: ScalarType
  let batch: Int
  let extents: [Int]
  let alignsCorners: Bool

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(kernel: self, theta: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private func coordinate(_ index: Int, _ extent: Int) -> Double {
    if alignsCorners { return extent < 2 ? 0 : -1 + 2 * Double(index) / Double(extent - 1) }
    return (2 * Double(index) + 1) / Double(extent) - 1
  }

  private struct Visitor: NumberVisitor {
    let kernel: AffineGridKernel
    let theta: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let matrices = theta.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let rank = kernel.extents.count
      let count = kernel.extents.reduce(1, *)
      for sample in 0..<kernel.batch {
        let matrix = sample * rank * (rank + 1)
        for point in 0..<count {
          for row in 0..<rank {
            var sum = matrices[matrix + row * (rank + 1) + rank].real
            var rest = point
            // The innermost axis is the first coordinate.
            for axis in kernel.extents.indices.reversed() {
              let place = kernel.coordinate(rest % kernel.extents[axis], kernel.extents[axis])
              rest /= kernel.extents[axis]
              sum += matrices[matrix + row * (rank + 1) + rank - 1 - axis].real * place
            }
            y[(sample * count + point) * rank + row] = Number(nearest: sum)
          }
        }
      }
    }
  }
}
