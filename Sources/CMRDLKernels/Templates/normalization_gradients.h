// What the gradients of normalisations are made of.

#include "wide.h"

void KERNEL(residual_moments)(size_t count, real mean, const real *x, const real *dy,
                              double *moments) {
  wide sums = (wide)0, products = (wide)0;
  const wide center = (wide)(double)mean;
  size_t i = 0;
  for (; i + WIDE_LANES <= count; i += WIDE_LANES) {
    const wide d = load_wide(dy + i);
    sums += d;
    products += d * (load_wide(x + i) - center);
  }
  double sum = sum_of_wide(sums), product = sum_of_wide(products);
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
