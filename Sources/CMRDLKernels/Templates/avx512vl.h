// AVX-512 on registers of 256 bits, for blocks of few channels.

#include <immintrin.h>

#include "begin.h"

#define MRDL_ISA avx512vl
#define REGISTER_BYTES 32
#define HAS_FMA 1
#define TILE_ROWS 14
#define TILE_VECTORS 2

#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#include "vector.h"

#define HAS_TIMES_2_TO 1

/// v · 2^n for whole n, rounded once.
INLINE vec times_2_to(vec v, vec n) { return (vec)_mm256_scalef_ps((__m256)v, (__m256)n); }
