#pragma once

/// What the processor and the operating system both support.
enum {
  MRDL_FEATURE_SSE2 = 1 << 0,
  MRDL_FEATURE_AVX2_FMA = 1 << 1,
  /// AVX-512 F, BW, DQ and VL, with AVX2 and FMA.
  MRDL_FEATURE_AVX512 = 1 << 2,
  MRDL_FEATURE_NEON = 1 << 3,
  MRDL_FEATURE_SHA = 1 << 4,
  /// Sums of products of eight-bit numbers.
  MRDL_FEATURE_AVX512_VNNI = 1 << 5,
  /// Sums of products of bfloat16.
  MRDL_FEATURE_AVX512_BF16 = 1 << 6,
  /// Operations on registers of 512 bits are done by halves: they take twice the time of narrower ones.
  MRDL_FEATURE_AVX512_BY_HALVES = 1 << 7,
};

/// The features as bits, probed at the first call. Safe from any thread.
unsigned mrdl_processor_features(void);


/// Whether the processor multiplies tiles of bfloat16 and the operating system lets this process do so, which it
/// is asked at the first call. Safe from any thread.
int mrdl_processor_has_tiles(void);
