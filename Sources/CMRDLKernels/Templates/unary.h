// y = f(x) for arrays.

#include "elementary.h"
#include "extremes.h"

/// Walks an array; `expression` gives the result from the register `v`.
#define WALK(expression)                                  \
  do {                                                    \
    size_t i = 0;                                         \
    for (; i + LANES <= count; i += LANES) {              \
      const vec v = load(x + i);                          \
      store(y + i, expression);                           \
    }                                                     \
    if (i < count) {                                      \
      const vec v = load_part(x + i, count - i);          \
      store_part(y + i, expression, count - i);           \
    }                                                     \
  } while (0)

void KERNEL(exp)(size_t count, const real *x, real *y) { WALK(exp_of(v)); }
void KERNEL(log)(size_t count, const real *x, real *y) { WALK(log_of(v)); }
void KERNEL(sigmoid)(size_t count, const real *x, real *y) { WALK(sigmoid_of(v)); }
void KERNEL(tanh)(size_t count, const real *x, real *y) { WALK(tanh_of(v)); }
void KERNEL(sqrt)(size_t count, const real *x, real *y) { WALK(root(v)); }

#ifdef ERF_COEFFICIENTS
void KERNEL(erf)(size_t count, const real *x, real *y) { WALK(erf_of(v)); }
#else
void KERNEL(erf)(size_t count, const real *x, real *y) {
  for (size_t i = 0; i < count; i++) y[i] = erf(x[i]);
}
#endif

void KERNEL(relu)(size_t count, const real *x, real *y) { WALK((vec)0 > v ? (vec)0 : v); }

void KERNEL(leaky_relu)(size_t count, real alpha, const real *x, real *y) {
  WALK(v < (vec)0 ? v * (vec)alpha : v);
}

void KERNEL(clip)(size_t count, real low, real high, const real *x, real *y) {
  WALK(clamped(v, (vec)low, (vec)high));
}
