// The element type float32 for the templates.
#pragma once

#include <float.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#define MRDL_TYPE f32
#define REAL_BITS 32
#define MANTISSA_BITS 23
#define EXPONENT_BIAS 127
#define REAL_INFINITY ((real)INFINITY)
#define REAL_NAN ((real)NAN)
#define SMALLEST_NORMAL FLT_MIN

typedef float real;
typedef int32_t integer;
typedef uint32_t whole;

// 1.5 · 2^23: adding it to a small number leaves that number, rounded, in the lowest bits.
#define ROUNDING_SHIFT 12582912.0f
#define LOG2_E 1.44269504f
// log 2 in two parts; the first has enough zeros at its end that its multiples up to 150 are exact.
#define LOG_2_HIGH 0.693359375f
#define LOG_2_LOW -2.12194440e-4f
// Outside these bounds exp is 0 or infinity.
#define EXP_LOWEST -104.0f
#define EXP_HIGHEST 89.0f
// From here on tanh is 1.
#define TANH_HIGHEST 9.1f
// The bits of sqrt(1/2).
#define SQRT_HALF_BITS 0x3f3504f3u
// (exp(r) − 1 − r) / r² for |r| ≤ log(2) / 2, error below 2^-26 of r; least squares on Chebyshev
// nodes.
#define EXP_COEFFICIENTS 0.5f, 0.16666536f, 0.0416664705f, 0.00836743228f, 0.00139345718f
// (2 atanh(s) − 2 s) / s³ as a polynomial in s² for |s| ≤ (√2 − 1) / (√2 + 1), made the same way.
#define LOG_COEFFICIENTS 0.666666627f, 0.4000085f, 0.285101801f, 0.240275979f
// erf(x) / x − 1 as a polynomial in x² for |x| ≤ 1, and −log(erfc(x)) in x for 1 ≤ x ≤ 4.
#define ERF_COEFFICIENTS \
  0.128379166f, -0.376126289f, 0.112836182f, -0.0268551242f, 0.0051907259f, -0.000803065428f, \
      7.91990169e-05f
#define ERFC_COEFFICIENTS \
  -0.000189384038f, 1.12958455f, 0.633208156f, 0.108430818f, -0.0252157561f, 0.00420725951f, \
      -0.000441863463f, 2.1729953e-05f
#define ERF_HIGHEST 4.0f
