// Registers of whole numbers beside those of float32: included behind the header of an instruction
// set, with its attribute open.

#include "../include/mrdl_integer_kernels.h"

// The same order of operations for all instruction sets.
#pragma STDC FP_CONTRACT OFF

#undef MRDL_TYPE
#define NAME_(isa) #isa
#define NAME_OF(isa) NAME_(isa)
#ifdef BFLOAT16
#define MRDL_TYPE bf16
/// Bytes of an element, and of the elements that one instruction sums up.
#define UNIT 2
#define GROUP 4
typedef vec sums;
#else
#define MRDL_TYPE i8
#define UNIT 1
#define GROUP (LANES < 4 ? LANES : 4)
typedef ivec sums;
#endif
/// Bytes of the channels of a block at one pixel.
#define BLOCK (LANES * UNIT)

#if LANES == 1
typedef uint8_t bytes;
typedef int8_t signed_bytes;
#else
typedef uint8_t bytes __attribute__((ext_vector_type(LANES)));
typedef int8_t signed_bytes __attribute__((ext_vector_type(LANES)));
#endif

INLINE ivec load_ints(const int32_t *p) {
  ivec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

INLINE bytes load_bytes(const void *p) {
  bytes v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

#if LANES == 1
INLINE vec real_of(ivec v) { return (vec)v; }
INLINE ivec ints_of(vec v) { return (ivec)v; }
INLINE ivec widened(bytes v) { return v; }
INLINE ivec widened_signed(bytes v) { return (signed_bytes)v; }
INLINE bytes narrowed(ivec v) { return (bytes)v; }
#else
INLINE vec real_of(ivec v) { return __builtin_convertvector(v, vec); }
INLINE ivec ints_of(vec v) { return __builtin_convertvector(v, ivec); }
INLINE ivec widened(bytes v) { return __builtin_convertvector(v, ivec); }
INLINE ivec widened_signed(bytes v) {
  return __builtin_convertvector((signed_bytes)v, ivec);
}
INLINE bytes narrowed(ivec v) { return __builtin_convertvector(v, bytes); }
#endif

/// The nearest whole numbers within bounds, halves to even ones; NaN gives the lower bound.
INLINE ivec nearest_within(vec v, float low, float high) {
  v = v >= (vec)low ? v : (vec)low;
  v = v <= (vec)high ? v : (vec)high;
  // Adding 1.5 · 2^23 leaves no bits below the units; the bounds are far smaller.
  return ints_of((v + (vec)ROUNDING_SHIFT) - (vec)ROUNDING_SHIFT);
}

/// Writes the results of `count` channels of one block, from `channel` on, at one pixel.
///
/// - Parameter at: the element of the output, and of the residual.
INLINE void finish(const mrdl_integer_ending *e, const mrdl_integer_result result, sums sum,
                   size_t channel, size_t count, void *output, size_t at) {
#ifdef BFLOAT16
  vec v = sum;
#else
  if (result == MRDL_INTEGER_SUM) {
    int32_t *y = (int32_t *)output + at;
    if (count == LANES) {
      __builtin_memcpy(y, &sum, sizeof sum);
    } else {
      __builtin_memcpy(y, &sum, count * sizeof *y);
    }
    return;
  }
  vec v = real_of(sum) * load(e->scale + channel);
#endif
  if (e->offset) v = v + load(e->offset + channel);
  if (result == MRDL_INTEGER_REAL && e->residual) {
    const float *r = e->residual + at;
    v = v + (count == LANES ? load(r) : load_part(r, count));
  }
  if (e->clamp) {
    v = v >= (vec)e->low ? v : (vec)e->low;
    v = v <= (vec)e->high ? v : (vec)e->high;
  }
  if (result == MRDL_INTEGER_REAL) {
    float *y = (float *)output + at;
    if (count == LANES) {
      store(y, v);
    } else {
      store_part(y, v, count);
    }
    return;
  }
  const int32_t lowest = result == MRDL_INTEGER_U8 ? 0 : -128;
  const ivec whole = nearest_within(v, (float)(lowest - e->zero), (float)(lowest + 255 - e->zero));
  const bytes y = narrowed(whole + e->zero);
  uint8_t *to = (uint8_t *)output + at;
  if (count == LANES) {
    __builtin_memcpy(to, &y, sizeof y);
  } else {
    __builtin_memcpy(to, &y, count);
  }
}
