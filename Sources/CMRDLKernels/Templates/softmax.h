// softmax and log-softmax along dense rows.

#include "elementary.h"
#include "extremes.h"

INLINE real largest_of(size_t count, const real *x) {
  vec best = (vec)-REAL_INFINITY;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) best = larger(load(x + i), best);
  real lanes[LANES], result = -REAL_INFINITY;
  store(lanes, best);
  for (size_t j = 0; j < LANES; j++) {
    if (lanes[j] > result || lanes[j] != lanes[j]) result = lanes[j];
  }
  for (; i < count; i++) {
    if (x[i] > result || x[i] != x[i]) result = x[i];
  }
  return result;
}

/// A sum that carries what rounding took away (Kahan).
typedef struct {
  vec sum, lost;
} compensated;

INLINE void add_to(compensated *total, vec v) {
  const vec corrected = v - total->lost;
  const vec sum = total->sum + corrected;
  total->lost = (sum - total->sum) - corrected;
  total->sum = sum;
}

/// Σ exp(x − max); the terms go to `y` if there is one.
INLINE real exponentials(size_t count, const real *x, real max, real *y) {
  compensated total = {(vec)0, (vec)0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const vec e = exp_of_negative(load(x + i) - (vec)max);
    if (y) store(y + i, e);
    add_to(&total, e);
  }
  if (i < count) {
    real lanes[LANES];
    const vec e = exp_of_negative(load_part(x + i, count - i) - (vec)max);
    store(lanes, e);
    if (y) store_part(y + i, e, count - i);
    // Lanes past the end must not count.
    add_to(&total, load_part(lanes, count - i));
  }
  return sum_of_lanes(total.sum);
}

void KERNEL(softmax)(size_t rows, size_t columns, const real *x, real *y) {
  for (; rows > 0; rows--, x += columns, y += columns) {
    const real sum = exponentials(columns, x, largest_of(columns, x), y);
    const vec factor = (vec)((real)1 / sum);
    size_t i = 0;
    for (; i + LANES <= columns; i += LANES) store(y + i, load(y + i) * factor);
    if (i < columns) store_part(y + i, load_part(y + i, columns - i) * factor, columns - i);
  }
}

void KERNEL(log_softmax)(size_t rows, size_t columns, const real *x, real *y) {
  for (; rows > 0; rows--, x += columns, y += columns) {
    const real max = largest_of(columns, x);
    real lanes[LANES];
    store(lanes, log_of((vec)exponentials(columns, x, max, 0)));
    const vec subtrahend = (vec)max, log_sum = (vec)lanes[0];
    size_t i = 0;
    for (; i + LANES <= columns; i += LANES) {
      store(y + i, (load(x + i) - subtrahend) - log_sum);
    }
    if (i < columns) {
      store_part(y + i, (load_part(x + i, columns - i) - subtrahend) - log_sum, columns - i);
    }
  }
}
