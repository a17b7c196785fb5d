// Products of a matrix and a vector, and of two vectors.

/// Σ w[k] x[k] for `rows` rows at once. Two registers a row are summed in turn and joined at the
/// end.
INLINE void dot_rows(const int rows, size_t count, const real *w, size_t row_stride, const real *x,
                     real *sums) {
  vec even[4], odd[4];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) even[r] = odd[r] = (vec)0;
  size_t k = 0;
  for (; k + 2 * LANES <= count; k += 2 * LANES) {
    const vec x0 = load(x + k), x1 = load(x + k + LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      const real *row = w + (size_t)r * row_stride + k;
      even[r] = mul_add(load(row), x0, even[r]);
      odd[r] = mul_add(load(row + LANES), x1, odd[r]);
    }
  }
  if (k + LANES <= count) {
    const vec x0 = load(x + k);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      even[r] = mul_add(load(w + (size_t)r * row_stride + k), x0, even[r]);
    }
    k += LANES;
  }
  if (k < count) {
    const vec x0 = load_part(x + k, count - k);
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      odd[r] = mul_add(load_part(w + (size_t)r * row_stride + k, count - k), x0, odd[r]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sums[r] = sum_of_lanes(even[r] + odd[r]);
}

void KERNEL(gemv_rows)(size_t rows, size_t columns, const real *w, size_t row_stride, const real *x,
                       real *y, int32_t accumulate) {
  size_t i = 0;
  for (; i + 4 <= rows; i += 4) {
    real sums[4];
    dot_rows(4, columns, w + i * row_stride, row_stride, x, sums);
    for (int r = 0; r < 4; r++) y[i + r] = accumulate ? y[i + r] + sums[r] : sums[r];
  }
  for (; i < rows; i++) {
    real sum;
    dot_rows(1, columns, w + i * row_stride, row_stride, x, &sum);
    y[i] = accumulate ? y[i] + sum : sum;
  }
}

/// Σ x[k] w[k][j] for `vectors` registers of columns side by side, in the order of k.
INLINE void sum_columns(const int vectors, size_t rows, const real *w, size_t row_stride,
                        const real *x, real *y, int accumulate) {
  vec sum[8];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) sum[j] = accumulate ? load(y + j * LANES) : (vec)0;
  for (size_t k = 0; k < rows; k++) {
    const vec left = (vec)x[k];
    const real *row = w + k * row_stride;
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[j] = mul_add(left, load(row + j * LANES), sum[j]);
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) store(y + j * LANES, sum[j]);
}

void KERNEL(gemv_columns)(size_t rows, size_t columns, const real *w, size_t row_stride,
                          const real *x, real *y, int32_t accumulate) {
  size_t j = 0;
  for (; j + 8 * LANES <= columns; j += 8 * LANES) {
    sum_columns(8, rows, w + j, row_stride, x, y + j, accumulate);
  }
  for (; j + 2 * LANES <= columns; j += 2 * LANES) {
    sum_columns(2, rows, w + j, row_stride, x, y + j, accumulate);
  }
  for (; j + LANES <= columns; j += LANES) {
    sum_columns(1, rows, w + j, row_stride, x, y + j, accumulate);
  }
  if (j < columns) {
    const size_t left = columns - j;
    vec sum = accumulate ? load_part(y + j, left) : (vec)0;
    for (size_t k = 0; k < rows; k++) {
      sum = mul_add((vec)x[k], load_part(w + k * row_stride + j, left), sum);
    }
    store_part(y + j, sum, left);
  }
}

real KERNEL(dot)(size_t count, const real *x, const real *y) {
  vec sum[4] = {(vec)0, (vec)0, (vec)0, (vec)0};
  size_t i = 0;
  for (; i + 4 * LANES <= count; i += 4 * LANES) {
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) {
      sum[j] = mul_add(load(x + i + j * LANES), load(y + i + j * LANES), sum[j]);
    }
  }
  for (; i + LANES <= count; i += LANES) sum[0] = mul_add(load(x + i), load(y + i), sum[0]);
  if (i < count) {
    sum[1] = mul_add(load_part(x + i, count - i), load_part(y + i, count - i), sum[1]);
  }
  return sum_of_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]));
}

void KERNEL(axpy)(size_t count, real a, const real *x, real *y) {
  const vec factor = (vec)a;
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    store(y + i, mul_add(factor, load(x + i), load(y + i)));
  }
  if (i < count) {
    const size_t left = count - i;
    store_part(y + i, mul_add(factor, load_part(x + i, left), load_part(y + i, left)), left);
  }
}
