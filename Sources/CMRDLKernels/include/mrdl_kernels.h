#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mrdl_recurrence.h"
#include "mrdl_window.h"

// The kernels of inference, chosen by instruction set at run time.
//
// Every kernel runs on the calling thread, keeps no state, allocates nothing and gives results that
// depend on its arguments and the instruction set only. Pointers need the alignment of their
// elements and no more. An output may be the same array as an input where the two are walked in the
// same order (unary, binary, softmax and affine kernels); they may not overlap otherwise. Strides
// count elements.

/// The instruction sets that kernels are written for.
typedef enum : int32_t {
  /// Portable C.
  MRDL_ISA_SCALAR = 0,
  /// x86-64 as every processor has it.
  MRDL_ISA_SSE2 = 1,
  /// AVX2 with fused multiply-add.
  MRDL_ISA_AVX2 = 2,
  /// AVX-512 F, BW, DQ and VL.
  MRDL_ISA_AVX512 = 3,
  /// 64-bit ARM.
  MRDL_ISA_NEON = 4,
} mrdl_isa;

/// What follows a matrix product or a convolution.
typedef enum : int32_t {
  MRDL_ACTIVATION_NONE = 0,
  MRDL_ACTIVATION_RELU = 1,
  MRDL_ACTIVATION_SIGMOID = 2,
  MRDL_ACTIVATION_TANH = 3,
  /// alpha · x below zero.
  MRDL_ACTIVATION_LEAKY_RELU = 4,
  /// min(max(x, alpha), beta).
  MRDL_ACTIVATION_CLIP = 5,
  /// min(max(alpha · x + beta, 0), 1).
  MRDL_ACTIVATION_HARD_SIGMOID = 6,
  /// x · min(max(x / 6 + 1/2, 0), 1).
  MRDL_ACTIVATION_HARD_SWISH = 7,
  /// x · sigmoid(alpha · x).
  MRDL_ACTIVATION_SWISH = 8,
} mrdl_activation;

#define MRDL_REAL float
#define MRDL_GEMM_BLOCK mrdl_f32_gemm_block
#define MRDL_ROW_CONVOLUTION mrdl_f32_row_convolution
#define MRDL_GATE mrdl_f32_gate
#define MRDL_RECURRENCE mrdl_f32_recurrence
#define MRDL_KERNEL_TABLE mrdl_f32_kernels
#include "mrdl_kernel_table.h"
#undef MRDL_REAL
#undef MRDL_GEMM_BLOCK
#undef MRDL_ROW_CONVOLUTION
#undef MRDL_GATE
#undef MRDL_RECURRENCE
#undef MRDL_KERNEL_TABLE

#define MRDL_REAL double
#define MRDL_GEMM_BLOCK mrdl_f64_gemm_block
#define MRDL_ROW_CONVOLUTION mrdl_f64_row_convolution
#define MRDL_GATE mrdl_f64_gate
#define MRDL_RECURRENCE mrdl_f64_recurrence
#define MRDL_KERNEL_TABLE mrdl_f64_kernels
#include "mrdl_kernel_table.h"
#undef MRDL_REAL
#undef MRDL_GEMM_BLOCK
#undef MRDL_ROW_CONVOLUTION
#undef MRDL_GATE
#undef MRDL_RECURRENCE
#undef MRDL_KERNEL_TABLE

/// The kernels of one instruction set.
typedef struct {
  mrdl_isa isa;
  const mrdl_f32_kernels *_Nonnull f32;
  const mrdl_f64_kernels *_Nonnull f64;
} mrdl_kernels;

/// The kernels in use: of the widest instruction set that the processor has, or of the one that the
/// environment variable MRDL_ISA names (scalar, sse2, avx2, avx512, neon). Decided at the first
/// call.
const mrdl_kernels *_Nonnull mrdl_kernels_current(void);

/// The kernels of one instruction set, null when the processor lacks it.
const mrdl_kernels *_Nullable mrdl_kernels_for(mrdl_isa isa);

/// The instruction set in use.
mrdl_isa mrdl_isa_current(void);

/// The name that MRDL_ISA gives an instruction set.
const char *_Nonnull mrdl_isa_name(mrdl_isa isa);

/// Why MRDL_ISA was not obeyed, as a sentence; null when it was, or is not set.
const char *_Nullable mrdl_isa_diagnostic(void);
