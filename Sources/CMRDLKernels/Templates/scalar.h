// One element at a time in portable C: the oracle of the other instruction sets.

#include "begin.h"

#define MRDL_ISA scalar
#define LANES 1
#define TILE_ROWS 4
#define TILE_VECTORS 4

typedef real vec;
typedef integer ivec;
typedef whole uvec;

INLINE vec load(const real *p) { return *p; }
INLINE void store(real *p, vec v) { *p = v; }
INLINE vec load_part(const real *p, size_t count) { return count ? *p : 0; }
INLINE void store_part(real *p, vec v, size_t count) {
  if (count) *p = v;
}

INLINE uvec bits_of(vec v) {
  uvec u;
  __builtin_memcpy(&u, &v, sizeof u);
  return u;
}

INLINE vec of_bits(uvec u) {
  vec v;
  __builtin_memcpy(&v, &u, sizeof v);
  return v;
}

INLINE vec root(vec v) { return __builtin_elementwise_sqrt(v); }
INLINE vec magnitude(vec v) { return __builtin_elementwise_abs(v); }
INLINE vec mul_add(vec a, vec b, vec c) { return a * b + c; }
INLINE real sum_of_lanes(vec v) { return v; }
