internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// Repeats an input along axes until it has a shape, by the broadcasting rules of NumPy.
struct Expansion: Sendable {
  private let spread: Broadcasting

  /// - Throws: `MRDL1304` for elements smaller than a byte.
  init(_ request: KernelRequest, input: Int, to shape: Shape) throws(MRDLError) {
    let bits: ScalarType
    switch request.inputType(input).elementByteCount {
    case 1: bits = .uint8
    case 2: bits = .uint16
    case 4: bits = .uint32
    case 8: bits = .uint64
    default: throw request.unsupportedType(request.inputType(input))
    }
    guard let layout = BroadcastLayout(shape, request.inputShape(input)),
      let spread = Broadcasting(.right, bits, layout)
    else { preconditionFailure("a kernel for shapes that inference refuses") }
    self.spread = spread
  }

  func run(_ input: UnsafeRawPointer, to output: UnsafeMutableRawPointer) {
    _ = spread.run(left: output, right: input, output: output)
  }
}
