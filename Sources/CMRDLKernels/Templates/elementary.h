// Elementary functions of one register. Special values follow IEEE 754 and C: NaN in, NaN out.

/// Σ c[i] x^i by Horner's rule.
INLINE vec polynomial(vec x, const real *c, int count) {
  vec sum = (vec)c[count - 1];
#pragma clang loop unroll(full)
  for (int i = count - 2; i >= 0; i--) sum = mul_add(sum, x, (vec)c[i]);
  return sum;
}

TABLE real exp_coefficients[] = {EXP_COEFFICIENTS};
TABLE real log_coefficients[] = {LOG_COEFFICIENTS};
#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

/// A whole number as a real and as a signed integer; what is not used costs nothing.
typedef struct {
  vec real_value;
  uvec integer_value;
} whole_number;

/// 2^n for a normal result.
INLINE vec power_of_2(whole_number n) {
  return of_bits((n.integer_value + EXPONENT_BIAS) << MANTISSA_BITS);
}

/// v · 2^n, where 2^n alone may be out of range.
INLINE vec times_power_of_2(vec v, whole_number n) {
#ifdef HAS_TIMES_2_TO
  return times_2_to(v, n.real_value);
#else
  const uvec half = (uvec)((ivec)n.integer_value >> 1);
  const vec first = of_bits((half + EXPONENT_BIAS) << MANTISSA_BITS);
  const vec second = of_bits((n.integer_value - half + EXPONENT_BIAS) << MANTISSA_BITS);
  return v * first * second;
#endif
}

/// Finds n and |r| ≤ log(2) / 2 with x = n log(2) + r.
///
/// - Returns: r, n in `exponent`, and in `exact` r without the second part of log(2).
INLINE vec reduced(vec x, whole_number *exponent, vec *exact) {
  const vec shifted = mul_add(x, (vec)LOG2_E, (vec)ROUNDING_SHIFT);
  const vec n = shifted - (vec)ROUNDING_SHIFT;
  *exact = mul_add(n, (vec)-LOG_2_HIGH, x);
  exponent->real_value = n;
  exponent->integer_value = bits_of(shifted) - bits_of((vec)ROUNDING_SHIFT);
  return mul_add(n, (vec)-LOG_2_LOW, *exact);
}

/// - Returns: exp(r) − 1 of the r of `reduced`, what rounding took away from it in `tail`, and n in
///   `exponent`.
INLINE vec exp_reduced(vec x, whole_number *exponent, vec *tail) {
  vec exact;
  const vec r = reduced(x, exponent, &exact);
  const vec lost = mul_add(exponent->real_value, (vec)-LOG_2_LOW, exact - r);
  const vec rest =
      mul_add(r * r, polynomial(r, exp_coefficients, COUNT_OF(exp_coefficients)), lost);
  const vec sum = rest + r;
  *tail = rest - (sum - r);
  return sum;
}

/// exp(x) for x between EXP_LOWEST and EXP_HIGHEST.
INLINE vec exp_inside(vec x) {
  whole_number n;
  vec exact;
  const vec r = reduced(x, &n, &exact);
  const vec p = polynomial(r, exp_coefficients, COUNT_OF(exp_coefficients));
  return times_power_of_2(mul_add(mul_add(p, r, (vec)1), r, (vec)1), n);
}

INLINE vec exp_of(vec x) {
  x = x < (vec)EXP_LOWEST ? (vec)EXP_LOWEST : x;
  return exp_inside(x > (vec)EXP_HIGHEST ? (vec)EXP_HIGHEST : x);
}

/// exp(x) for x ≤ 0.
INLINE vec exp_of_negative(vec x) { return exp_inside(x < (vec)EXP_LOWEST ? (vec)EXP_LOWEST : x); }

/// With e = exp(−|x|) and q = e / (1 + e): 1 − q for positive x, e − e q for others, so that both ends
/// keep their relative accuracy.
INLINE vec sigmoid_of(vec x) {
  const vec e = exp_of_negative(-magnitude(x));
  const vec q = e / (e + (vec)1);
  const vec c = x < (vec)0 ? e : (vec)1;
  return mul_add(-c, q, c);
}

/// m / (m + 2) where m = exp(2 |x|) − 1, with the sign of x.
INLINE vec tanh_of(vec x) {
  vec y = magnitude(x);
  y = y > (vec)TANH_HIGHEST ? (vec)TANH_HIGHEST : y;
  whole_number n;
  vec tail;
  const vec e = exp_reduced(y + y, &n, &tail);
  const vec scale = power_of_2(n);
  const vec m = mul_add(scale, e, scale - (vec)1);
  const vec d = m + (vec)2;
  vec t = m / d;
  // What m and d lost, in the quotient; 1 / d is (1 − t) / 2. For large m the quotient hardly feels
  // it, and 1 − t is too coarse.
  const vec rest = (vec)1 - t;
  const vec lost = scale * tail * rest - t * (m - (d - (vec)2));
  t = t + (m < (vec)4 ? (vec)0.5 * rest * lost : (vec)0);
  const uvec sign = bits_of(x) & ((uvec)1 << (REAL_BITS - 1));
  return of_bits(bits_of(t) | sign);
}

/// With x = 2^k m and f = m − 1, log(x) = k log 2 + f − f²/2 + s (f²/2 + R) where s = f / (2 + f)
/// and R the polynomial of 2 atanh(s) beyond its first term.
INLINE vec log_of(vec x) {
  const vec scaled = x < (vec)SMALLEST_NORMAL ? x * (vec)((whole)1 << MANTISSA_BITS) : x;
  const vec offset = x < (vec)SMALLEST_NORMAL ? (vec)-MANTISSA_BITS : (vec)0;
  const uvec shifted = bits_of(scaled) - (uvec)(whole)SQRT_HALF_BITS;
  const uvec k = (uvec)((ivec)shifted >> MANTISSA_BITS);
  const vec m = of_bits(bits_of(scaled) - (k << MANTISSA_BITS));
  const vec exponent = of_bits(k + bits_of((vec)ROUNDING_SHIFT)) - (vec)ROUNDING_SHIFT + offset;
  const vec f = m - (vec)1;
  const vec s = f / (f + (vec)2);
  const vec z = s * s;
  const vec rest = z * polynomial(z, log_coefficients, COUNT_OF(log_coefficients));
  const vec half_square = (vec)0.5 * f * f;
  const vec small = mul_add(exponent, (vec)LOG_2_LOW, s * (half_square + rest));
  vec y = mul_add(exponent, (vec)LOG_2_HIGH, f - (half_square - small));
  y = x == (vec)REAL_INFINITY ? x : y;
  y = x < (vec)0 ? (vec)REAL_NAN : y;
  y = x == (vec)0 ? (vec)-REAL_INFINITY : y;
  return x != x ? x : y;
}

#ifdef ERF_COEFFICIENTS
TABLE real erf_coefficients[] = {ERF_COEFFICIENTS};
TABLE real erfc_coefficients[] = {ERFC_COEFFICIENTS};

/// x (1 + P(x²)) up to 1 and 1 − exp(−Q(|x|)) beyond.
INLINE vec erf_of(vec x) {
  vec y = magnitude(x);
  const vec small =
      mul_add(x, polynomial(x * x, erf_coefficients, COUNT_OF(erf_coefficients)), x);
  const vec clamped = y > (vec)ERF_HIGHEST ? (vec)ERF_HIGHEST : y;
  const vec q = polynomial(clamped, erfc_coefficients, COUNT_OF(erfc_coefficients));
  const vec large = (vec)1 - exp_of_negative(-q);
  const uvec sign = bits_of(x) & ((uvec)1 << (REAL_BITS - 1));
  return y <= (vec)1 ? small : of_bits(bits_of(large) | sign);
}
#endif
