// Sums of products of the rows of one matrix with shifted views of the planes of another: the weights' way
// back of a convolution at stride 1. Both are read as they lie; the lanes of a register are neighbours in a
// row, and are joined at the end.

#include "../include/mrdl_window.h"
#include "panels.h"

// Sums that stay in registers: CORRELATED_ROWS rows with CORRELATED_SHIFTS views.
#if TILE_ROWS * TILE_VECTORS >= 24
#define CORRELATED_ROWS 6
#define CORRELATED_SHIFTS 4
#else
#define CORRELATED_ROWS 2
#define CORRELATED_SHIFTS 4
#endif
/// Elements of a row that are walked in one go, so that they stay in the first cache.
#define SEGMENT ((size_t)1024)

/// Adds the sum of the lanes of each of four registers to an element of d, or stores it.
INLINE void join_four(const vec *sums, real *d, int accumulate) {
#if LANES >= 4
  vec joined = sums_of_pairs(sums_of_pairs(sums[0], sums[1]), sums_of_pairs(sums[2], sums[3]));
#pragma clang loop unroll(full)
  for (int n = LANES; n > 4; n /= 2) joined = sums_of_pairs(joined, joined);
  store_part(d, accumulate ? joined + load_part(d, 4) : joined, 4);
#else
  for (int j = 0; j < 4; j++) {
    const real sum = sum_of_lanes(sums[j]);
    d[j] = accumulate ? d[j] + sum : sum;
  }
#endif
}

typedef struct {
  size_t images, count;
  const real *y;
  size_t y_row_stride, y_image_stride;
  const real *x;
  size_t x_image_stride;
  /// Where each of CORRELATED_SHIFTS views begins.
  const ptrdiff_t *offsets;
  real *d;
  size_t d_stride;
  int accumulate;
} correlation;

INLINE void correlated(const int rows, const int shifts, const correlation *t) {
  vec sum[CORRELATED_ROWS][CORRELATED_SHIFTS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < CORRELATED_SHIFTS; j++) sum[i][j] = (vec)0;
  }
  for (size_t image = 0; image < t->images; image++) {
    const real *y = t->y + image * t->y_image_stride, *x = t->x + image * t->x_image_stride;
    for (size_t p = 0; p < t->count; p += LANES) {
      vec view[CORRELATED_SHIFTS];
#pragma clang loop unroll(full)
      for (int j = 0; j < shifts; j++) view[j] = load(x + t->offsets[j] + p);
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
        const vec row = load(y + (size_t)i * t->y_row_stride + p);
#pragma clang loop unroll(full)
        for (int j = 0; j < shifts; j++) sum[i][j] = mul_add(row, view[j], sum[i][j]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    real *d = t->d + (size_t)i * t->d_stride;
    if (shifts == 4) {
      join_four(sum[i], d, t->accumulate);
    } else {
#pragma clang loop unroll(full)
      for (int j = 0; j < shifts; j++) {
        const real total = sum_of_lanes(sum[i][j]);
        d[j] = t->accumulate ? d[j] + total : total;
      }
    }
  }
}

#define CORRELATED(rows)                                                                   \
  static void correlated_##rows##_1(const correlation *t) { correlated(rows, 1, t); }      \
  static void correlated_##rows##_2(const correlation *t) { correlated(rows, 2, t); }      \
  static void correlated_##rows##_3(const correlation *t) { correlated(rows, 3, t); }      \
  static void correlated_##rows##_4(const correlation *t) { correlated(rows, 4, t); }
#define CORRELATED_ROW(rows) \
  {correlated_##rows##_1, correlated_##rows##_2, correlated_##rows##_3, correlated_##rows##_4},

CORRELATED(1)
CORRELATED(2)
#if CORRELATED_ROWS == 6
CORRELATED(3)
CORRELATED(4)
CORRELATED(5)
CORRELATED(6)
#endif

/// By rows − 1, then by views − 1.
static void (*const correlations[CORRELATED_ROWS][CORRELATED_SHIFTS])(const correlation *) = {
    CORRELATED_ROW(1) CORRELATED_ROW(2)
#if CORRELATED_ROWS == 6
    CORRELATED_ROW(3) CORRELATED_ROW(4) CORRELATED_ROW(5) CORRELATED_ROW(6)
#endif
};

void KERNEL(correlate)(size_t rows, size_t shifts, size_t images, size_t count, const real *y,
                       size_t y_row_stride, size_t y_image_stride, const real *x,
                       size_t x_image_stride, const ptrdiff_t *offsets, real *d,
                       size_t d_row_stride, int32_t accumulate) {
  for (size_t start = 0; start < count; start += SEGMENT) {
    correlation t = {.images = images, .y_row_stride = y_row_stride,
                     .y_image_stride = y_image_stride, .x = x + start,
                     .x_image_stride = x_image_stride, .d_stride = d_row_stride,
                     .accumulate = accumulate || start > 0};
    t.count = count - start < SEGMENT ? count - start : SEGMENT;
    for (size_t i = 0; i < rows; i += CORRELATED_ROWS) {
      const size_t height = rows - i < CORRELATED_ROWS ? rows - i : CORRELATED_ROWS;
      t.y = y + i * y_row_stride + start;
      for (size_t j = 0; j < shifts; j += CORRELATED_SHIFTS) {
        const size_t width = shifts - j < CORRELATED_SHIFTS ? shifts - j : CORRELATED_SHIFTS;
        t.offsets = offsets + j;
        t.d = d + i * d_row_stride + j;
        correlations[height - 1][width - 1](&t);
      }
    }
  }
}
