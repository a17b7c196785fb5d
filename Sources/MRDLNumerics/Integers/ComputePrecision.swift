internal import CMRDLKernels

/// In what products and convolutions of float32 with constant weights multiply.
public enum ComputePrecision: String, Sendable, Hashable, CaseIterable {
  case float32 = "f32"
  /// Both sides rounded to bfloat16, sums in float32: about 2^-8 of each product is lost.
  case bfloat16 = "bf16"

  /// Whether the processor, and `MRDL_ISA`, have instructions for it; nothing is computed in a precision that
  /// is not available.
  public var isAvailable: Bool { self == .float32 || mrdl_bf16_kernels_current() != nil }
}

extension mrdl_bf16_kernels {
  /// As `--profile` names them.
  var name: String { has_tiles ? "bfloat16 (AMX)" : "bfloat16" }
}
