// Registers of float64 for sums of either element type.

#ifdef REGISTER_BYTES

#define WIDE_LANES (REGISTER_BYTES / 8)
typedef double wide __attribute__((ext_vector_type(WIDE_LANES)));

INLINE wide load_wide(const real *p) {
  typedef real narrow __attribute__((ext_vector_type(WIDE_LANES)));
  narrow v;
  __builtin_memcpy(&v, p, sizeof v);
  return __builtin_convertvector(v, wide);
}

INLINE double sum_of_wide(wide v) {
  double t[WIDE_LANES];
  __builtin_memcpy(t, &v, sizeof v);
#pragma clang loop unroll(full)
  for (int half = WIDE_LANES / 2; half > 0; half /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < half; i++) t[i] += t[i + half];
  }
  return t[0];
}

#else

#define WIDE_LANES 1
typedef double wide;

INLINE wide load_wide(const real *p) { return *p; }
INLINE double sum_of_wide(wide v) { return v; }

#endif

/// The sum of an array, in four partial sums that are joined in a fixed order.
INLINE double wide_sum(size_t count, const real *x) {
  wide sums[4] = {(wide)0, (wide)0, (wide)0, (wide)0};
  size_t i = 0;
  for (; i + 4 * WIDE_LANES <= count; i += 4 * WIDE_LANES) {
    for (int j = 0; j < 4; j++) sums[j] += load_wide(x + i + (size_t)j * WIDE_LANES);
  }
  double sum = sum_of_wide((sums[0] + sums[1]) + (sums[2] + sums[3]));
  for (; i < count; i++) sum += x[i];
  return sum;
}
