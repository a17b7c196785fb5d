// Kernels of one element type against sums and functions in double precision. Included once a type with
// REAL, NAMED(name), BLOCK, TABLE and BOUND.

static REAL *NAMED(numbers)(size_t count) {
  REAL *p = take(count, sizeof(REAL));
  for (size_t i = 0; i < count; i++) p[i] = (REAL)next_number();
  return p;
}

static void NAMED(products)(const TABLE *k) {
  for (int round = 0; round < 60; round++) {
    const size_t rows = next_size(1, 40), columns = next_size(1, 70), depth = next_size(1, 90);
    REAL *a = NAMED(numbers)(rows * depth), *b = NAMED(numbers)(depth * columns);
    REAL *c = NAMED(numbers)(rows * columns), *residual = NAMED(numbers)(rows * columns);
    REAL *row_bias = NAMED(numbers)(rows), *column_bias = NAMED(numbers)(columns);
    const size_t width = (columns + k->gemm_columns - 1) / k->gemm_columns * k->gemm_columns;
    const size_t panels = (rows + k->gemm_rows - 1) / k->gemm_rows;
    REAL *packed_a = take(rows * depth, sizeof(REAL)), *packed_b = take(depth * width, sizeof(REAL));
    const REAL alpha = round % 3 ? 1 : (REAL)0.5;
    k->pack_a(rows, 0, panels, depth, alpha, a, depth, 1, packed_a);
    k->pack_b(depth, columns, b, columns, 1, packed_b);
    BLOCK block = {.rows = rows, .last_panel = panels, .columns = columns, .depth = depth,
                   .a = packed_a, .b = packed_b, .b_panel_stride = k->gemm_columns * depth,
                   .b_row_stride = k->gemm_columns, .c = c, .c_row_stride = columns,
                   .accumulate = round % 4 == 1};
    if (!block.accumulate) {
      if (round % 2) block.row_bias = row_bias;
      if (round % 5 == 0) block.column_bias = column_bias;
      if (round % 3 == 0) block.residual = residual;
      block.clamp = round % 7 == 0;
      block.low = (REAL)-0.5;
      block.high = 1;
    }
    double *expected = take(rows * columns, sizeof(double));
    for (size_t i = 0; i < rows; i++) {
      for (size_t j = 0; j < columns; j++) {
        double sum = block.accumulate ? c[i * columns + j] : 0;
        if (block.row_bias) sum += row_bias[i];
        if (block.column_bias) sum += column_bias[j];
        if (block.residual) sum += residual[i * columns + j];
        for (size_t l = 0; l < depth; l++) {
          sum += (double)alpha * a[i * depth + l] * b[l * columns + j];
        }
        if (block.clamp) sum = fmin(fmax(sum, -0.5), 1);
        expected[i * columns + j] = sum;
      }
    }
    k->gemm_block(&block);
    for (size_t i = 0; i < rows * columns; i++) {
      compare("gemm_block", c[i], expected[i], (double)depth, BOUND);
    }

    // The first row of a times b, and b times a row.
    REAL *y = take(columns, sizeof(REAL)), *z = take(depth, sizeof(REAL));
    k->gemv_columns(depth, columns, b, columns, a, y, 0);
    k->gemv_rows(depth, columns, b, columns, column_bias, z, 0);
    double dot = 0;
    for (size_t j = 0; j < columns; j++) {
      double sum = 0;
      for (size_t l = 0; l < depth; l++) sum += (double)a[l] * b[l * columns + j];
      compare("gemv_columns", y[j], sum, (double)depth, BOUND);
      dot += (double)b[j] * column_bias[j];
    }
    compare("gemv_rows", z[0], dot, (double)columns, BOUND);
    compare("dot", k->dot(columns, b, column_bias), dot, (double)columns, BOUND);
    for (size_t j = 0; j < columns; j++) y[j] = c[j];
    k->axpy(columns, alpha, b, y);
    for (size_t j = 0; j < columns; j++) {
      compare("axpy", y[j], c[j] + (double)alpha * b[j], 1, BOUND);
    }
    free(a), free(b), free(c), free(residual), free(row_bias), free(column_bias);
    free(packed_a), free(packed_b), free(expected), free(y), free(z);
  }
}

static double NAMED(sigmoid)(double x) { return 1 / (1 + exp(-x)); }

static void NAMED(arrays)(const TABLE *k) {
  for (size_t count = 0; count < 70; count++) {
    REAL *x = NAMED(numbers)(count), *y = NAMED(numbers)(count), *z = take(count, sizeof(REAL));
    for (size_t i = 0; i < count; i++) x[i] *= 4;
    if (count > 3) x[count / 2] = (REAL)NAN;
#define EACH(kernel, call, value)                                        \
  call;                                                                  \
  for (size_t i = 0; i < count; i++) {                                   \
    const double a = x[i], b = y[i];                                     \
    (void)b;                                                             \
    compare(#kernel, z[i], value, fabs(value), BOUND);                   \
  }
    EACH(exp, k->exp(count, x, z), exp(a))
    EACH(sigmoid, k->sigmoid(count, x, z), NAMED(sigmoid)(a))
    EACH(tanh, k->tanh(count, x, z), tanh(a))
    EACH(erf, k->erf(count, x, z), erf(a))
    EACH(log, k->log(count, x, z), log(a))
    EACH(sqrt, k->sqrt(count, x, z), sqrt(a))
    EACH(relu, k->relu(count, x, z), a < 0 ? 0 : a)
    EACH(leaky_relu, k->leaky_relu(count, (REAL)0.25, x, z), a < 0 ? 0.25 * a : a)
    EACH(clip, k->clip(count, -1, 2, x, z), isnan(a) ? a : fmin(fmax(a, -1), 2))
    EACH(add, k->add(count, x, y, z), a + b)
    EACH(subtract, k->subtract(count, x, y, z), a - b)
    EACH(multiply, k->multiply(count, x, y, z), a * b)
    EACH(divide, k->divide(count, x, y, z), a / b)
    EACH(maximum, k->maximum(count, x, y, z), isnan(a) ? a : fmax(a, b))
    EACH(minimum, k->minimum(count, y, x, z), isnan(a) ? a : fmin(a, b))
    EACH(subtract_from_scalar, k->subtract_from_scalar(count, x, 3, z), 3 - a)
    EACH(divide_into_scalar, k->divide_into_scalar(count, x, 3, z), 3 / a)
    EACH(maximum_scalar, k->maximum_scalar(count, x, (REAL)0.5, z), isnan(a) ? a : fmax(a, 0.5))
#undef EACH
    if (count > 0) {
      double largest = -INFINITY, smallest = INFINITY, sum = 0, squares = 0, terms = 0;
      for (size_t i = 0; i < count; i++) {
        largest = fmax(largest, y[i]), smallest = fmin(smallest, y[i]);
        sum += y[i], squares += (double)y[i] * y[i];
      }
      for (size_t i = 0; i < count; i++) terms += exp(y[i] - largest);
      compare("largest", k->largest(count, y), largest, 0, 0);
      compare("smallest", k->smallest(count, y), smallest, 0, 0);
      compare("sum", k->sum(count, y), sum, (double)count, BOUND);
      compare("sum_of_squares", k->sum_of_squares(count, y), squares, (double)count, BOUND);
      if (count > 3) compare("largest of NaN", k->largest(count, x), NAN, 0, 0);
      k->softmax(1, count, y, z);
      for (size_t i = 0; i < count; i++) {
        compare("softmax", z[i], exp(y[i] - largest) / terms, 1, BOUND);
      }
      k->log_softmax(1, count, y, z);
      for (size_t i = 0; i < count; i++) {
        compare("log_softmax", z[i], y[i] - largest - log(terms), 4, BOUND);
      }
      for (size_t i = 0; i < count; i++) z[i] = y[i];
      k->epilogue(1, count, z, count, 0, y, 0, MRDL_ACTIVATION_SWISH, 1, 0);
      for (size_t i = 0; i < count; i++) {
        compare("epilogue", z[i], 2 * y[i] * NAMED(sigmoid)(2.0 * y[i]), 2, BOUND);
      }
      k->scale_shift(count, 1, x, y, y, z);
      for (size_t i = 0; i < count; i++) {
        compare("scale_shift", z[i], (double)x[i] * y[i] + y[i], 4, BOUND);
      }
    }
    free(x), free(y), free(z);
  }
}

/// Windows that move by one, with all they see inside the input.
static void NAMED(rows)(const TABLE *k) {
  for (int round = 0; round < 100; round++) {
    const size_t channels = next_size(1, 4), outputs = next_size(1, 40);
    const size_t rows = next_size(1, 7), columns = next_size(k->lanes < 2 ? 1 : k->lanes / 2, 80);
    const size_t height = next_size(1, 4), width = next_size(1, 4), dilation = next_size(1, 3);
    const size_t in_rows = rows + (height - 1) * dilation, in_columns = columns + width - 1;
    const size_t depth = channels * height * width, in = in_rows * in_columns;
    const size_t out = rows * columns;
    REAL *x = NAMED(numbers)(channels * in), *weights = NAMED(numbers)(outputs * depth);
    REAL *bias = NAMED(numbers)(outputs), *packed = take(outputs * depth, sizeof(REAL));
    REAL *y = take(outputs * out, sizeof(REAL));
    size_t *offsets = take(depth, sizeof(size_t)), places = 0;
    for (size_t c = 0; c < channels; c++) {
      for (size_t v = 0; v < height; v++) {
        for (size_t h = 0; h < width; h++) {
          offsets[places++] = c * in + v * dilation * in_columns + h;
        }
      }
    }
    const size_t panels = (outputs + k->gemm_rows - 1) / k->gemm_rows;
    k->pack_a(outputs, 0, panels, depth, 1, weights, depth, 1, packed);
    const ROW_CONVOLUTION convolution = {
        .channels = outputs, .rows = rows, .columns = columns, .depth = depth, .offsets = offsets,
        .input = x, .input_row_stride = in_columns, .weights = packed, .output = y,
        .output_row_stride = columns, .output_plane_stride = out, .bias = round % 3 ? bias : 0,
        .clamp = round % 2, .low = -1, .high = 2};
    k->convolve_rows(&convolution);
    for (size_t o = 0; o < outputs; o++) {
      for (size_t p = 0; p < out; p++) {
        const REAL *seen = x + p / columns * in_columns + p % columns;
        double sum = round % 3 ? bias[o] : 0;
        for (size_t d = 0; d < depth; d++) sum += (double)weights[o * depth + d] * seen[offsets[d]];
        if (round % 2) sum = fmin(fmax(sum, -1), 2);
        compare("convolve_rows", y[o * out + p], sum, (double)depth, BOUND);
      }
    }
    free(x), free(weights), free(bias), free(packed), free(y), free(offsets);
  }
}

/// Windows of 2 × 2 that lie side by side.
static void NAMED(squares)(const TABLE *k) {
  for (int round = 0; round < 60; round++) {
    const size_t planes = next_size(1, 3);
    const mrdl_extent input = {1, next_size(2, 9), next_size(2, 90)};
    const mrdl_window w = {
        .input = input, .output = {1, input.height / 2, input.width / 2}, .kernel = {1, 2, 2},
        .stride = {1, 2, 2}, .dilation = {1, 1, 1}};
    const size_t in = input.height * input.width, out = w.output.height * w.output.width;
    REAL *x = NAMED(numbers)(planes * in);
    REAL *most = take(planes * out, sizeof(REAL)), *mean = take(planes * out, sizeof(REAL));
    k->max_pool(&w, planes, x, most);
    k->average_pool(&w, planes, x, mean, 1);
    for (size_t p = 0; p < planes; p++) {
      for (size_t o = 0; o < out; o++) {
        double largest = -INFINITY, total = 0;
        for (size_t t = 0; t < 4; t++) {
          const double v = x[p * in + (size_t)seen_at(&w, o, t)];
          largest = fmax(largest, v), total += v;
        }
        compare("max_pool of squares", most[p * out + o], largest, 0, 0);
        compare("average_pool of squares", mean[p * out + o], total / 4, 1, BOUND);
      }
    }
    free(x), free(most), free(mean);
  }
}

static void NAMED(windows)(const TABLE *k) {
  for (int round = 0; round < 150; round++) {
    const mrdl_window w = random_window(0);
    const size_t planes = next_size(1, 3);
    const size_t in = w.input.height * w.input.width, out = w.output.height * w.output.width;
    const size_t taps = w.kernel.height * w.kernel.width;
    REAL *x = NAMED(numbers)(planes * in), *weights = NAMED(numbers)(planes * taps);
    REAL *bias = NAMED(numbers)(planes), *y = take(planes * out, sizeof(REAL));
    REAL *most = take(planes * out, sizeof(REAL)), *mean = take(planes * out, sizeof(REAL));
    const size_t width = (out + k->gemm_columns - 1) / k->gemm_columns * k->gemm_columns;
    REAL *patches = take(planes * taps * width, sizeof(REAL));
    k->depthwise(&w, planes, x, weights, bias, y);
    k->max_pool(&w, planes, x, most);
    k->average_pool(&w, planes, x, mean, 0);
    k->pack_patches(&w, x, 0, planes * taps, 0, out, patches);
    for (size_t p = 0; p < planes; p++) {
      for (size_t o = 0; o < out; o++) {
        double sum = bias[p], largest = -INFINITY, total = 0;
        size_t seen = 0;
        for (size_t t = 0; t < taps; t++) {
          const ptrdiff_t at = seen_at(&w, o, t);
          const double v = at < 0 ? 0 : x[p * in + (size_t)at];
          const size_t row = p * taps + t;
          compare("pack_patches",
                  patches[o / k->gemm_columns * k->gemm_columns * planes * taps +
                          row * k->gemm_columns + o % k->gemm_columns],
                  v, 0, 0);
          if (at < 0) continue;
          sum += v * weights[row], largest = fmax(largest, v), total += v, seen++;
        }
        compare("depthwise", y[p * out + o], sum, (double)taps, BOUND);
        compare("max_pool", most[p * out + o], largest, 0, 0);
        compare("average_pool", mean[p * out + o], seen ? total / (double)seen : 0, 1, BOUND);
      }
    }
    free(x), free(weights), free(bias), free(y), free(most), free(mean), free(patches);
  }
}
