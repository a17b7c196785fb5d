// What the gradients of normalisations are made of.

#include "wide.h"

void KERNEL(residual_moments)(size_t count, real mean, const real *x, const real *dy,
                              double *moments) {
  wide sums[4] = {(wide)0, (wide)0, (wide)0, (wide)0};
  wide products[4] = {(wide)0, (wide)0, (wide)0, (wide)0};
  const wide center = (wide)(double)mean;
  size_t i = 0;
  for (; i + 4 * WIDE_LANES <= count; i += 4 * WIDE_LANES) {
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
      const wide d = load_wide(dy + i + (size_t)j * WIDE_LANES);
      sums[j] += d;
      products[j] += d * (load_wide(x + i + (size_t)j * WIDE_LANES) - center);
    }
  }
  for (; i + WIDE_LANES <= count; i += WIDE_LANES) {
    const wide d = load_wide(dy + i);
    sums[0] += d;
    products[0] += d * (load_wide(x + i) - center);
  }
  double sum = sum_of_wide((sums[0] + sums[1]) + (sums[2] + sums[3]));
  double product = sum_of_wide((products[0] + products[1]) + (products[2] + products[3]));
  for (; i < count; i++) {
    sum += dy[i];
    product += dy[i] * ((double)x[i] - mean);
  }
  moments[0] += sum;
  moments[1] += product;
}

void KERNEL(blend)(size_t count, real a, const real *x, real b, const real *y, real c, real *z) {
  const vec first = (vec)a, second = (vec)b, third = (vec)c;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    store(z + i, mul_add(first, load(x + i), mul_add(second, load(y + i), third)));
  }
  if (i < count) {
    const size_t left = count - i;
    store_part(
        z + i, mul_add(first, load_part(x + i, left), mul_add(second, load_part(y + i, left), third)),
        left);
  }
}
