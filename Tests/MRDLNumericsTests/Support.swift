import CMRDLKernels
import MRDLCore
import MRDLNumerics
import Testing

/// A type that the kernels compute in.
typealias Real = BinaryFloatingPoint & BitwiseCopyable

/// Memory that a test hands to a kernel; freed at the end of the test.
final class Workspace {
  let base: UnsafeMutableRawPointer

  init(byteCount: Int) {
    base = .allocate(byteCount: max(byteCount, 64), alignment: 64)
    // Not a number everywhere: a kernel that reads what it has not written shows.
    base.initializeMemory(as: UInt8.self, repeating: 0xff, count: max(byteCount, 64))
  }

  deinit { base.deallocate() }
}

/// Numbers in [−1, 1) that depend on the seed only, multiples of 2^-11: float32 and float64 hold the same.
func numbers<Scalar: Real>(
  _ count: Int, seed: UInt64, as _: Scalar.Type = Scalar.self
) -> [Scalar] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 &+ 1
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Scalar(Int(state >> 52) - 2048) / 2048
  }
}

extension BinaryFloatingPoint {
  static var scalarType: ScalarType { Self.self == Float.self ? .float32 : .float64 }
}

/// The instruction sets that this processor has.
let availableSets: [mrdl_isa] = [
  MRDL_ISA_SCALAR, MRDL_ISA_SSE2, MRDL_ISA_AVX2, MRDL_ISA_AVX512, MRDL_ISA_NEON,
].filter { mrdl_kernels_for($0) != nil }

extension mrdl_isa: @retroactive CustomTestStringConvertible {
  public var testDescription: String { String(cString: mrdl_isa_name(self)) }
}
