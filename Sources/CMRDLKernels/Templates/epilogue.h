// What follows a matrix product or a convolution, and the affine map of channels.

#include "../include/mrdl_kernels.h"
#include "elementary.h"
#include "extremes.h"

#define EACH_ELEMENT(expression)                                                        \
  for (size_t i = 0; i < rows; i++) {                                                   \
    real *row = c + i * row_stride;                                                     \
    const vec bias = (vec)(row_bias ? row_bias[i] : 0);                                 \
    size_t j = 0;                                                                       \
    for (; j + LANES <= columns; j += LANES) {                                          \
      vec v = load(row + j) + bias;                                                     \
      if (column_bias) v = v + load(column_bias + j);                                   \
      if (residual) v = v + load(residual + i * row_stride + j);                        \
      store(row + j, expression);                                                       \
    }                                                                                   \
    if (j < columns) {                                                                  \
      const size_t left = columns - j;                                                  \
      vec v = load_part(row + j, left) + bias;                                          \
      if (column_bias) v = v + load_part(column_bias + j, left);                        \
      if (residual) v = v + load_part(residual + i * row_stride + j, left);             \
      store_part(row + j, expression, left);                                            \
    }                                                                                   \
  }

void KERNEL(epilogue)(size_t rows, size_t columns, real *c, size_t row_stride, const real *row_bias,
                      const real *column_bias, const real *residual, mrdl_activation activation,
                      real alpha, real beta) {
  const vec a = (vec)alpha, b = (vec)beta;
  switch (activation) {
    case MRDL_ACTIVATION_NONE:
      if (!row_bias && !column_bias && !residual) return;
      EACH_ELEMENT(v);
      return;
    case MRDL_ACTIVATION_RELU:
      EACH_ELEMENT((vec)0 > v ? (vec)0 : v);
      return;
    case MRDL_ACTIVATION_SIGMOID:
      EACH_ELEMENT(sigmoid_of(v));
      return;
    case MRDL_ACTIVATION_TANH:
      EACH_ELEMENT(tanh_of(v));
      return;
    case MRDL_ACTIVATION_LEAKY_RELU:
      EACH_ELEMENT(v < (vec)0 ? v * a : v);
      return;
    case MRDL_ACTIVATION_CLIP:
      EACH_ELEMENT(clamped(v, a, b));
      return;
    case MRDL_ACTIVATION_HARD_SIGMOID:
      EACH_ELEMENT(clamped(a * v + b, (vec)0, (vec)1));
      return;
    case MRDL_ACTIVATION_HARD_SWISH:
      EACH_ELEMENT(v * clamped(v * (vec)(1.0 / 6) + (vec)0.5, (vec)0, (vec)1));
      return;
    case MRDL_ACTIVATION_SWISH:
      EACH_ELEMENT(v * sigmoid_of(a * v));
      return;
  }
}

void KERNEL(scale_shift)(size_t channels, size_t count, const real *x, const real *scale,
                         const real *shift, real *y) {
  if (count == 1) {
    size_t c = 0;
    for (; c + LANES <= channels; c += LANES) {
      store(y + c, mul_add(load(x + c), load(scale + c), load(shift + c)));
    }
    if (c < channels) {
      const size_t left = channels - c;
      const vec v = load_part(x + c, left), s = load_part(scale + c, left);
      store_part(y + c, mul_add(v, s, load_part(shift + c, left)), left);
    }
    return;
  }
  for (size_t c = 0; c < channels; c++, x += count, y += count) {
    const vec s = (vec)scale[c], t = (vec)shift[c];
    size_t i = 0;
    for (; i + LANES <= count; i += LANES) store(y + i, mul_add(load(x + i), s, t));
    if (i < count) {
      const size_t left = count - i;
      store_part(y + i, mul_add(load_part(x + i, left), s, t), left);
    }
  }
}
