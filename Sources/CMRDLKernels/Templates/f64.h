// The element type float64 for the templates.
#pragma once

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define MRDL_TYPE f64
#define REAL_BITS 64
#define MANTISSA_BITS 52
#define EXPONENT_BIAS 1023
#define REAL_INFINITY ((real)INFINITY)
#define REAL_NAN ((real)NAN)
#define SMALLEST_NORMAL DBL_MIN

typedef double real;
typedef int64_t integer;
typedef uint64_t whole;

// 1.5 · 2^52: adding it to a small number leaves that number, rounded, in the lowest bits.
#define ROUNDING_SHIFT 6755399441055744.0
#define LOG2_E 0x1.71547652b82fep+0
// log 2 in two parts; the first has enough zeros at its end that its multiples up to 1075 are
// exact.
#define LOG_2_HIGH 0x1.62e42fee00000p-1
#define LOG_2_LOW 0x1.a39ef35793c76p-33
// Outside these bounds exp is 0 or infinity.
#define EXP_LOWEST -746.0
#define EXP_HIGHEST 710.0
// From here on tanh is 1.
#define TANH_HIGHEST 22.0
// The bits of sqrt(1/2).
#define SQRT_HALF_BITS 0x3fe6a09e667f3bcdu
// (exp(r) − 1 − r) / r² for |r| ≤ log(2) / 2, error below 2^-61 of r; least squares on Chebyshev
// nodes.
#define EXP_COEFFICIENTS \
  0.5, 0x1.5555555555559p-3, 0x1.5555555555557p-5, 0x1.111111110f5abp-7, 0x1.6c16c16c1570dp-10, \
      0x1.a01a01b07765ap-13, 0x1.a01a01ab5a985p-16, 0x1.71ddf68a96750p-19, 0x1.27e4d063b9f3ap-22, \
      0x1.af625eb652cb8p-26, 0x1.1f85a5ebca31dp-29
// (2 atanh(s) − 2 s) / s³ as a polynomial in s² for |s| ≤ (√2 − 1) / (√2 + 1), made the same way.
#define LOG_COEFFICIENTS \
  0x1.5555555555599p-1, 0x1.999999997db62p-2, 0x1.24924943d9ba0p-2, 0x1.c71c5074b8d7ap-3, \
      0x1.74669400c2f95p-3, 0x1.3998eb16febbep-3, 0x1.2f60a456a41c1p-3
