// AVX-512 F, BW, DQ and VL.

#include <immintrin.h>

#include "begin.h"

#define MRDL_ISA avx512
#define REGISTER_BYTES 64
#define HAS_FMA 1
#define TILE_ROWS 14
#define TILE_VECTORS 2

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "vector.h"

/// The first `count` elements at `p`, zeros after them; reads nothing else.
INLINE vec load_part(const real *p, size_t count) {
#if REAL_BITS == 32
  return (vec)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#else
  return (vec)_mm512_maskz_loadu_pd((__mmask8)((1u << count) - 1), p);
#endif
}

INLINE void store_part(real *p, vec v, size_t count) {
#if REAL_BITS == 32
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#else
  _mm512_mask_storeu_pd(p, (__mmask8)((1u << count) - 1), (__m512d)v);
#endif
}

#define HAS_TIMES_2_TO 1

/// v · 2^n for whole n, rounded once.
INLINE vec times_2_to(vec v, vec n) {
#if REAL_BITS == 32
  return (vec)_mm512_scalef_ps((__m512)v, (__m512)n);
#else
  return (vec)_mm512_scalef_pd((__m512d)v, (__m512d)n);
#endif
}
