// AVX2 with fused multiply-add.

#include <immintrin.h>

#include "begin.h"

#define MRDL_ISA avx2
#define REGISTER_BYTES 32
#define HAS_FMA 1
#define TILE_ROWS 6
#define TILE_VECTORS 2

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "vector.h"

// Ones, then zeros: LANES elements from LANES − count on select the first `count` lanes.
TABLE integer part_masks[2 * LANES] = {
#if REAL_BITS == 32
    -1, -1, -1, -1,
#endif
    -1, -1, -1, -1};

INLINE __m256i part_mask(size_t count) {
  return _mm256_loadu_si256((const __m256i *)(part_masks + LANES - count));
}

/// The first `count` elements at `p`, zeros after them; reads nothing else.
INLINE vec load_part(const real *p, size_t count) {
#if REAL_BITS == 32
  return (vec)_mm256_maskload_ps(p, part_mask(count));
#else
  return (vec)_mm256_maskload_pd(p, part_mask(count));
#endif
}

INLINE void store_part(real *p, vec v, size_t count) {
#if REAL_BITS == 32
  _mm256_maskstore_ps(p, part_mask(count), (__m256)v);
#else
  _mm256_maskstore_pd(p, part_mask(count), (__m256d)v);
#endif
}
