internal import CMRDLKernels

/// The instruction sets that kernels are written for.
public enum InstructionSet: String, Sendable, CaseIterable {
  /// Portable C, the oracle of the others.
  case scalar
  /// x86-64 as every processor has it.
  case sse2
  /// AVX2 with fused multiply-add.
  case avx2
  /// AVX-512 F, BW, DQ and VL.
  case avx512
  /// 64-bit ARM.
  case neon

  /// The one in use: the widest that the processor has, or the one that the environment variable
  /// `MRDL_ISA` names.
  public static var current: InstructionSet {
    let name = String(cString: mrdl_isa_name(mrdl_isa_current()))
    return InstructionSet(rawValue: name) ?? .scalar
  }

  /// Why `MRDL_ISA` was not obeyed, as a sentence; nil when it was, or is not set.
  public static var diagnostic: String? { mrdl_isa_diagnostic().map { String(cString: $0) } }

  /// Whether this processor has the instruction set.
  public var isAvailable: Bool {
    switch self {
    case .scalar: mrdl_kernels_for(MRDL_ISA_SCALAR) != nil
    case .sse2: mrdl_kernels_for(MRDL_ISA_SSE2) != nil
    case .avx2: mrdl_kernels_for(MRDL_ISA_AVX2) != nil
    case .avx512: mrdl_kernels_for(MRDL_ISA_AVX512) != nil
    case .neon: mrdl_kernels_for(MRDL_ISA_NEON) != nil
    }
  }
}
