// Registers of LANES elements: included by the header of each vector instruction set, which has
// defined REGISTER_BYTES and opened the attribute of its target.

#define LANES (REGISTER_BYTES * 8 / REAL_BITS)

typedef real vec __attribute__((ext_vector_type(LANES)));
typedef integer ivec __attribute__((ext_vector_type(LANES)));
typedef whole uvec __attribute__((ext_vector_type(LANES)));

INLINE vec load(const real *p) {
  vec v;
  __builtin_memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(real *p, vec v) { __builtin_memcpy(p, &v, sizeof v); }

// A cast between vector types keeps the bits.
INLINE uvec bits_of(vec v) { return (uvec)v; }
INLINE vec of_bits(uvec u) { return (vec)u; }

INLINE vec root(vec v) { return __builtin_elementwise_sqrt(v); }
INLINE vec magnitude(vec v) { return __builtin_elementwise_abs(v); }

INLINE vec mul_add(vec a, vec b, vec c) {
#if HAS_FMA
  return __builtin_elementwise_fma(a, b, c);
#else
  return a * b + c;
#endif
}

/// v[0], v[2], …, w[0], w[2], …
INLINE vec even_lanes(vec v, vec w) {
#if LANES == 2
  return __builtin_shufflevector(v, w, 0, 2);
#elif LANES == 4
  return __builtin_shufflevector(v, w, 0, 2, 4, 6);
#elif LANES == 8
  return __builtin_shufflevector(v, w, 0, 2, 4, 6, 8, 10, 12, 14);
#else
  return __builtin_shufflevector(v, w, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
#endif
}

/// v[1], v[3], …, w[1], w[3], …
INLINE vec odd_lanes(vec v, vec w) {
#if LANES == 2
  return __builtin_shufflevector(v, w, 1, 3);
#elif LANES == 4
  return __builtin_shufflevector(v, w, 1, 3, 5, 7);
#elif LANES == 8
  return __builtin_shufflevector(v, w, 1, 3, 5, 7, 9, 11, 13, 15);
#else
  return __builtin_shufflevector(v, w, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
#endif
}

/// The sums of neighbours: those of v, then those of w.
INLINE vec sums_of_pairs(vec v, vec w) { return even_lanes(v, w) + odd_lanes(v, w); }

/// v[0], v[2], …, v[LANES − 2], w[1], w[3], …, w[LANES − 1]
INLINE vec even_then_odd_lanes(vec v, vec w) {
#if LANES == 2
  return __builtin_shufflevector(v, w, 0, 3);
#elif LANES == 4
  return __builtin_shufflevector(v, w, 0, 2, 5, 7);
#elif LANES == 8
  return __builtin_shufflevector(v, w, 0, 2, 4, 6, 9, 11, 13, 15);
#else
  return __builtin_shufflevector(v, w, 0, 2, 4, 6, 8, 10, 12, 14, 17, 19, 21, 23, 25, 27, 29, 31);
#endif
}

/// v[0], w[0], v[1], w[1], … of the first halves.
INLINE vec first_pairs(vec v, vec w) {
#if LANES == 2
  return __builtin_shufflevector(v, w, 0, 2);
#elif LANES == 4
  return __builtin_shufflevector(v, w, 0, 4, 1, 5);
#elif LANES == 8
  return __builtin_shufflevector(v, w, 0, 8, 1, 9, 2, 10, 3, 11);
#else
  return __builtin_shufflevector(v, w, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#endif
}

/// The same of the last halves.
INLINE vec last_pairs(vec v, vec w) {
#if LANES == 2
  return __builtin_shufflevector(v, w, 1, 3);
#elif LANES == 4
  return __builtin_shufflevector(v, w, 2, 6, 3, 7);
#elif LANES == 8
  return __builtin_shufflevector(v, w, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  return __builtin_shufflevector(v, w, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#endif
}

/// The sum of the lanes: of the halves first, then of the quarters, and so on.
INLINE real sum_of_lanes(vec v) {
  real t[LANES];
  store(t, v);
#pragma clang loop unroll(full)
  for (int half = LANES / 2; half > 0; half /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < half; i++) t[i] += t[i + half];
  }
  return t[0];
}
