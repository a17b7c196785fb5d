// Derivatives of activations, sums of a matrix and softmax's way back.

#include "elementary.h"
#include "wide.h"

#define WALK(expression)                                                                  \
  do {                                                                                    \
    size_t i = 0;                                                                         \
    for (; i + LANES <= count; i += LANES) {                                              \
      const vec f = load(known + i), d = load(dy + i);                                    \
      store(dx + i, expression);                                                          \
    }                                                                                     \
    if (i < count) {                                                                      \
      const vec f = load_part(known + i, count - i), d = load_part(dy + i, count - i);    \
      store_part(dx + i, expression, count - i);                                          \
    }                                                                                     \
  } while (0)

void KERNEL(relu_backward)(size_t count, const real *known, const real *dy, real *dx) {
  WALK(f > (vec)0 ? d : (vec)0);
}

void KERNEL(leaky_relu_backward)(size_t count, real alpha, const real *known, const real *dy,
                                 real *dx) {
  WALK(f < (vec)0 ? d * (vec)alpha : d);
}

void KERNEL(sigmoid_backward)(size_t count, const real *known, const real *dy, real *dx) {
  WALK(d * (f * ((vec)1 - f)));
}

void KERNEL(tanh_backward)(size_t count, const real *known, const real *dy, real *dx) {
  WALK(d * (((vec)1 - f) * ((vec)1 + f)));
}

void KERNEL(clip_backward)(size_t count, real low, real high, const real *known, const real *dy,
                           real *dx) {
  WALK(((f >= (vec)low) & (f <= (vec)high)) ? d : (vec)0);
}

void KERNEL(softmax_backward)(size_t rows, size_t columns, const real *y, const real *dy, real *dx) {
  for (; rows > 0; rows--, y += columns, dy += columns, dx += columns) {
    wide sums = (wide)0;
    size_t i = 0;
    for (; i + WIDE_LANES <= columns; i += WIDE_LANES) sums += load_wide(y + i) * load_wide(dy + i);
    double sum = sum_of_wide(sums);
    for (; i < columns; i++) sum += (double)y[i] * dy[i];
    const vec mean = (vec)(real)sum;
    i = 0;
    for (; i + LANES <= columns; i += LANES) store(dx + i, load(y + i) * (load(dy + i) - mean));
    if (i < columns) {
      const size_t left = columns - i;
      store_part(dx + i, load_part(y + i, left) * (load_part(dy + i, left) - mean), left);
    }
  }
}

void KERNEL(log_softmax_backward)(size_t rows, size_t columns, const real *y, const real *dy,
                                  real *dx) {
  for (; rows > 0; rows--, y += columns, dy += columns, dx += columns) {
    const vec sum = (vec)(real)wide_sum(columns, dy);
    size_t i = 0;
    for (; i + LANES <= columns; i += LANES) {
      store(dx + i, load(dy + i) - exp_of(load(y + i)) * sum);
    }
    if (i < columns) {
      const size_t left = columns - i;
      store_part(dx + i, load_part(dy + i, left) - exp_of(load_part(y + i, left)) * sum, left);
    }
  }
}

void KERNEL(sum_rows)(size_t rows, size_t columns, const real *x, size_t row_stride, real *y,
                      int32_t accumulate) {
  for (size_t i = 0; i < rows; i++) {
    const double sum = wide_sum(columns, x + i * row_stride);
    y[i] = (real)(accumulate ? y[i] + sum : sum);
  }
}

void KERNEL(sum_columns)(size_t rows, size_t columns, const real *x, size_t row_stride, real *y,
                         int32_t accumulate) {
  size_t j = 0;
  for (; j + WIDE_LANES <= columns; j += WIDE_LANES) {
    wide sum = accumulate ? load_wide(y + j) : (wide)0;
    for (size_t i = 0; i < rows; i++) sum += load_wide(x + i * row_stride + j);
    double lanes[WIDE_LANES];
    __builtin_memcpy(lanes, &sum, sizeof sum);
    for (size_t l = 0; l < WIDE_LANES; l++) y[j + l] = (real)lanes[l];
  }
  for (; j < columns; j++) {
    double sum = accumulate ? y[j] : 0;
    for (size_t i = 0; i < rows; i++) sum += x[i * row_stride + j];
    y[j] = (real)sum;
  }
}
