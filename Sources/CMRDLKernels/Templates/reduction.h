// Sums and extremes of an array. Four registers of partial results are kept and joined in a fixed
// order. Those of float32 are float64, so that long sums keep the accuracy of their elements.

#include "extremes.h"
#include "wide.h"

/// Sums over an array; `term` gives what an element adds from the registers `low` and `high`.
#define SUM(term)                                                                         \
  do {                                                                                    \
    wide sums[4] = {(wide)0, (wide)0, (wide)0, (wide)0};                                  \
    size_t i = 0;                                                                         \
    for (; i + 4 * WIDE_LANES <= count; i += 4 * WIDE_LANES) {                            \
      for (int j = 0; j < 4; j++) {                                                       \
        const wide v = load_wide(x + i + (size_t)j * WIDE_LANES);                         \
        sums[j] += term;                                                                  \
      }                                                                                   \
    }                                                                                     \
    double sum = sum_of_wide((sums[0] + sums[1]) + (sums[2] + sums[3]));                  \
    for (; i < count; i++) {                                                              \
      const double v = x[i];                                                              \
      sum += term;                                                                        \
    }                                                                                     \
    return sum;                                                                           \
  } while (0)

double KERNEL(sum)(size_t count, const real *x) { return wide_sum(count, x); }

double KERNEL(sum_of_squares)(size_t count, const real *x) { SUM(v *v); }

double KERNEL(sum_of_squared_deviations)(size_t count, const real *x, real center) {
  const double middle = center;
  SUM((v - middle) * (v - middle));
}

#define EXTREME(choice, compare, start)                                                  \
  do {                                                                                   \
    vec best[4] = {(vec)(start), (vec)(start), (vec)(start), (vec)(start)};              \
    size_t i = 0;                                                                        \
    for (; i + 4 * LANES <= count; i += 4 * LANES) {                                     \
      for (int j = 0; j < 4; j++) best[j] = choice(load(x + i + (size_t)j * LANES), best[j]); \
    }                                                                                    \
    real lanes[LANES];                                                                   \
    store(lanes, choice(choice(best[0], best[1]), choice(best[2], best[3])));            \
    real result = (start);                                                               \
    for (size_t j = 0; j < LANES; j++) {                                                 \
      if (lanes[j] compare result || lanes[j] != lanes[j]) result = lanes[j];            \
    }                                                                                    \
    for (; i < count; i++) {                                                             \
      if (x[i] compare result || x[i] != x[i]) result = x[i];                            \
    }                                                                                    \
    return result;                                                                       \
  } while (0)

real KERNEL(largest)(size_t count, const real *x) { EXTREME(larger, >, -REAL_INFINITY); }
real KERNEL(smallest)(size_t count, const real *x) { EXTREME(smaller, <, REAL_INFINITY); }
