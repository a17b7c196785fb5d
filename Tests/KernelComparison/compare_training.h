// Training kernels of one element type against plain loops in double precision. Included once a type with
// REAL, NAMED(name), TERMS, TRAINING_TABLE, TABLE and BOUND.

static void NAMED(slopes)(const TRAINING_TABLE *k) {
  for (size_t count = 0; count < 70; count++) {
    REAL *x = NAMED(numbers)(count), *y = NAMED(numbers)(count), *dy = NAMED(numbers)(count);
    REAL *dx = take(count, sizeof(REAL));
    if (count > 4) x[count / 2] = 0;
#define EACH(kernel, call, value)                                            \
  call;                                                                      \
  for (size_t i = 0; i < count; i++) {                                       \
    const double a = x[i], d = dy[i];                                        \
    compare(#kernel, dx[i], value, 2, BOUND);                                \
  }
    EACH(relu_backward, k->relu_backward(count, x, dy, dx), a > 0 ? d : 0)
    EACH(leaky_relu_backward, k->leaky_relu_backward(count, (REAL)0.25, x, dy, dx), a < 0 ? 0.25 * d : d)
    EACH(sigmoid_backward, k->sigmoid_backward(count, x, dy, dx), d * a * (1 - a))
    EACH(tanh_backward, k->tanh_backward(count, x, dy, dx), d * (1 - a * a))
    EACH(clip_backward, k->clip_backward(count, (REAL)-0.5, (REAL)0.25, x, dy, dx),
         a >= -0.5 && a <= 0.25 ? d : 0)
    EACH(blend, k->blend(count, (REAL)0.5, x, (REAL)-2, dy, (REAL)0.125, dx), 0.5 * a - 2 * d + 0.125)
#undef EACH
    double products = 0, sum = 0, moments[2] = {1, 2};
    for (size_t i = 0; i < count; i++) sum += dy[i], products += (double)x[i] * dy[i];
    k->softmax_backward(1, count, x, dy, dx);
    for (size_t i = 0; i < count; i++) {
      compare("softmax_backward", dx[i], x[i] * (dy[i] - products), (double)count, BOUND);
    }
    k->log_softmax_backward(1, count, x, dy, dx);
    for (size_t i = 0; i < count; i++) {
      compare("log_softmax_backward", dx[i], dy[i] - exp(x[i]) * sum, (double)count * 3, BOUND);
    }
    k->residual_moments(count, (REAL)0.5, x, dy, moments);
    compare("residual_moments", moments[0], 1 + sum, (double)count, 1e-14);
    compare("residual_moments", moments[1], 2 + products - 0.5 * sum, (double)count, 1e-14);
    free(x), free(y), free(dy), free(dx);
  }
  for (int round = 0; round < 30; round++) {
    const size_t rows = next_size(1, 20), columns = next_size(1, 40), stride = columns + next_size(0, 3);
    REAL *x = NAMED(numbers)(rows * stride), *by_row = NAMED(numbers)(rows);
    REAL *by_column = NAMED(numbers)(columns);
    double row[20], column[40];
    for (size_t i = 0; i < rows; i++) row[i] = round % 2 ? by_row[i] : 0;
    for (size_t j = 0; j < columns; j++) column[j] = round % 2 ? by_column[j] : 0;
    for (size_t i = 0; i < rows; i++) {
      for (size_t j = 0; j < columns; j++) row[i] += x[i * stride + j], column[j] += x[i * stride + j];
    }
    k->sum_rows(rows, columns, x, stride, by_row, round % 2);
    k->sum_columns(rows, columns, x, stride, by_column, round % 2);
    for (size_t i = 0; i < rows; i++) compare("sum_rows", by_row[i], row[i], (double)columns, BOUND);
    for (size_t j = 0; j < columns; j++) {
      compare("sum_columns", by_column[j], column[j], (double)rows, BOUND);
    }
    free(x), free(by_row), free(by_column);
  }
}

static void NAMED(window_slopes)(const TABLE *kernels, const TRAINING_TABLE *k) {
  for (int round = 0; round < 150; round++) {
    mrdl_window w = random_window(0);
    if (round % 5 == 0) {
      // Two by two side by side has a way of its own.
      w.kernel.height = w.kernel.width = w.stride.height = w.stride.width = 2;
      w.dilation.height = w.dilation.width = 1;
      w.begin.height = w.begin.width = w.end.height = w.end.width = 0;
      w.output.height = w.input.height / 2, w.output.width = w.input.width / 2;
    }
    const size_t planes = next_size(1, 3);
    const size_t in = w.input.height * w.input.width, out = w.output.height * w.output.width;
    const size_t taps = w.kernel.height * w.kernel.width, tile = kernels->gemm_columns;
    REAL *x = NAMED(numbers)(planes * in), *dy = NAMED(numbers)(planes * out);
    REAL *dx = take(planes * in, sizeof(REAL)), *shares = take(planes * in, sizeof(REAL));
    double *most = take(planes * in, sizeof(double)), *mean = take(planes * in, sizeof(double));
    for (size_t p = 0; p < planes; p++) {
      for (size_t o = 0; o < out; o++) {
        ptrdiff_t best = -1;
        double seen = 0;
        for (size_t t = 0; t < taps; t++) {
          const ptrdiff_t at = seen_at(&w, o, t);
          if (at < 0) continue;
          seen += 1;
          if (best < 0 || x[p * in + (size_t)at] > x[p * in + (size_t)best]) best = at;
        }
        if (best >= 0) most[p * in + (size_t)best] += dy[p * out + o];
        for (size_t t = 0; t < taps; t++) {
          const ptrdiff_t at = seen_at(&w, o, t);
          if (at >= 0) mean[p * in + (size_t)at] += dy[p * out + o] / seen;
        }
      }
    }
    k->max_pool_backward(&w, planes, x, dy, dx);
    k->average_pool_backward(&w, planes, dy, shares, 0);
    for (size_t i = 0; i < planes * in; i++) {
      compare("max_pool_backward", dx[i], most[i], (double)taps, BOUND);
      compare("average_pool_backward", shares[i], mean[i], (double)taps, BOUND);
    }

    // A stretch of the places and of the positions, transposed and on the way back.
    const size_t places = planes * taps, first_place = next_size(0, places - 1);
    const size_t some_places = next_size(1, places - first_place);
    const size_t first = next_size(0, out - 1), some = next_size(1, out - first);
    REAL *packed = take((some_places + tile) * some, sizeof(REAL));
    REAL *matrix = NAMED(numbers)(some_places * some), *back = NAMED(numbers)(planes * in);
    double *expected = take(planes * in, sizeof(double));
    for (size_t i = 0; i < planes * in; i++) expected[i] = back[i];
    k->pack_patches_transposed(&w, x, first, some, first_place, some_places, packed);
    k->add_patches(&w, matrix, some, first_place, some_places, first, some, back);
    for (size_t j = 0; j < some_places; j++) {
      const size_t plane = (first_place + j) / taps;
      for (size_t n = 0; n < some; n++) {
        const ptrdiff_t at = seen_at(&w, first + n, (first_place + j) % taps);
        compare("pack_patches_transposed", packed[(j / tile * some + n) * tile + j % tile],
                at < 0 ? 0 : x[plane * in + (size_t)at], 0, 0);
        if (at >= 0) expected[plane * in + (size_t)at] += matrix[j * some + n];
      }
    }
    for (size_t i = 0; i < planes * in; i++) {
      compare("add_patches", back[i], expected[i], (double)taps, BOUND);
    }
    free(x), free(dy), free(dx), free(shares), free(most), free(mean);
    free(packed), free(matrix), free(back), free(expected);
  }
}

static void NAMED(correlations)(const TABLE *kernels, const TRAINING_TABLE *k) {
  for (int round = 0; round < 40; round++) {
    const size_t rows = next_size(1, 14), shifts = next_size(1, 11), images = next_size(1, 3);
    const size_t count = kernels->lanes * next_size(1, 90), reach = count + 20;
    REAL *y = NAMED(numbers)(images * rows * count), *x = NAMED(numbers)(images * reach);
    REAL *d = NAMED(numbers)(rows * shifts);
    ptrdiff_t offsets[11];
    double expected[14 * 11];
    for (size_t j = 0; j < shifts; j++) offsets[j] = (ptrdiff_t)next_size(0, 20);
    for (size_t i = 0; i < rows; i++) {
      for (size_t j = 0; j < shifts; j++) {
        double sum = round % 2 ? d[i * shifts + j] : 0;
        for (size_t image = 0; image < images; image++) {
          for (size_t n = 0; n < count; n++) {
            sum += (double)y[(image * rows + i) * count + n] *
                   x[image * reach + (size_t)offsets[j] + n];
          }
        }
        expected[i * shifts + j] = sum;
      }
    }
    k->correlate(rows, shifts, images, count, y, count, rows * count, x, reach, offsets, d, shifts,
                 round % 2);
    for (size_t i = 0; i < rows * shifts; i++) {
      compare("correlate", d[i], expected[i], (double)(count * images), BOUND);
    }
    free(y), free(x), free(d);
  }
}

static void NAMED(recurrent_slopes)(const TRAINING_TABLE *k) {
  for (size_t units = 1; units < 40; units++) {
    REAL *sums = NAMED(numbers)(4 * units), *before = NAMED(numbers)(units);
    REAL *gates = take(4 * units, sizeof(REAL)), *after = take(units, sizeof(REAL));
    REAL *squashed = take(units, sizeof(REAL)), *state = take(units, sizeof(REAL));
    REAL *dh = NAMED(numbers)(units), *dc = NAMED(numbers)(units), *dsums = take(4 * units, sizeof(REAL));
    double *down = take(units, sizeof(double));
    for (size_t u = 0; u < units; u++) down[u] = dc[u];
    k->lstm_forward(units, sums, before, gates, after, squashed, state);
    k->lstm_backward(units, gates, before, squashed, dh, dc, dsums);
    for (size_t u = 0; u < units; u++) {
      const double i = 1 / (1 + exp(-(double)sums[u])), o = 1 / (1 + exp(-(double)sums[units + u]));
      const double f = 1 / (1 + exp(-(double)sums[2 * units + u])), c = tanh(sums[3 * units + u]);
      const double cell = f * before[u] + i * c, t = tanh(cell);
      const double through = down[u] + dh[u] * o * (1 - t * t);
      compare("lstm_forward gate i", gates[u], i, 1, BOUND);
      compare("lstm_forward gate o", gates[units + u], o, 1, BOUND);
      compare("lstm_forward gate f", gates[2 * units + u], f, 1, BOUND);
      compare("lstm_forward gate c", gates[3 * units + u], c, 1, BOUND);
      compare("lstm_forward cell", after[u], cell, 2, BOUND);
      compare("lstm_forward tanh", squashed[u], t, 2, BOUND);
      compare("lstm_forward state", state[u], o * t, 2, BOUND);
      compare("lstm_backward i", dsums[u], through * c * i * (1 - i), 4, BOUND);
      compare("lstm_backward o", dsums[units + u], dh[u] * t * o * (1 - o), 4, BOUND);
      compare("lstm_backward f", dsums[2 * units + u], through * before[u] * f * (1 - f), 4, BOUND);
      compare("lstm_backward c", dsums[3 * units + u], through * i * (1 - c * c), 4, BOUND);
      compare("lstm_backward cell", dc[u], through * f, 4, BOUND);
    }
    free(sums), free(before), free(gates), free(after), free(squashed), free(state);
    free(dh), free(dc), free(dsums), free(down);
  }
}

static void NAMED(optimizers)(const TRAINING_TABLE *k) {
  const TERMS terms = {.scale = (REAL)0.5, .bound = (REAL)0.25, .l1 = (REAL)0.01, .l2 = (REAL)0.1,
                       .shrinkage = (REAL)0.125};
  const double rate = 0.125, momentum = 0.75, epsilon = 0.5, rho = 0.875;
  for (size_t count = 0; count < 70; count++) {
    REAL *g = NAMED(numbers)(count), *w = NAMED(numbers)(count), *v = NAMED(numbers)(count);
    REAL *n = NAMED(numbers)(count), *found = take(count, sizeof(REAL)), *mean = take(count, sizeof(REAL));
    REAL *squares = take(count, sizeof(REAL));
    for (size_t i = 0; i < count; i++) n[i] *= n[i];
    if (count > 2) w[1] = 0;
#define EACH(kernel, call, wanted_w, wanted_v, wanted_n)                                 \
  for (size_t i = 0; i < count; i++) found[i] = w[i], mean[i] = v[i], squares[i] = n[i]; \
  call;                                                                                  \
  for (size_t i = 0; i < count; i++) {                                                   \
    double s = fmin(fmax(0.5 * g[i], -0.25), 0.25);                                      \
    s += terms.l1 * ((w[i] > 0) - (w[i] < 0)) + (double)terms.l2 * w[i];                 \
    const double kept = w[i] * 0.875, old = v[i], size = n[i];                           \
    (void)old, (void)size;                                                               \
    compare(#kernel, found[i], wanted_w, 2, BOUND);                                      \
    compare(#kernel " mean", mean[i], wanted_v, 2, BOUND);                               \
    compare(#kernel " squares", squares[i], wanted_n, 2, BOUND);                         \
  }
    EACH(descent_step, k->descent_step(count, &terms, (REAL)rate, g, found), kept - rate * s, old, size)
    EACH(momentum_step, k->momentum_step(count, &terms, (REAL)rate, (REAL)momentum, 0, g, mean, found),
         kept + momentum * old - rate * s, momentum * old - rate * s, size)
    EACH(momentum_step of Nesterov,
         k->momentum_step(count, &terms, (REAL)rate, (REAL)momentum, 1, g, mean, found),
         kept + momentum * (momentum * old - rate * s) - rate * s, momentum * old - rate * s, size)
    EACH(ada_grad_step, k->ada_grad_step(count, &terms, (REAL)rate, (REAL)epsilon, g, squares, found),
         kept - rate * s / (sqrt(size + s * s) + epsilon), old, size + s * s)
    EACH(rms_prop_step,
         k->rms_prop_step(count, &terms, (REAL)rate, (REAL)rho, (REAL)epsilon, (REAL)momentum, g, squares,
                          mean, found),
         kept - momentum * old - rate * s / (sqrt(rho * size + (1 - rho) * s * s) + epsilon),
         momentum * old + rate * s / (sqrt(rho * size + (1 - rho) * s * s) + epsilon),
         rho * size + (1 - rho) * s * s)
    EACH(rms_prop_step without momentum,
         k->rms_prop_step(count, &terms, (REAL)rate, (REAL)rho, (REAL)epsilon, 0, g, squares, 0, found),
         kept - rate * s / (sqrt(rho * size + (1 - rho) * s * s) + epsilon), old,
         rho * size + (1 - rho) * s * s)
    EACH(adam_step,
         k->adam_step(count, &terms, (REAL)rate, (REAL)momentum, (REAL)rho, (REAL)epsilon, (REAL)0.5,
                      (REAL)0.25, g, mean, squares, found),
         kept - rate * ((momentum * old + (1 - momentum) * s) / 0.5) /
                    (sqrt((rho * size + (1 - rho) * s * s) / 0.25) + epsilon),
         momentum * old + (1 - momentum) * s, rho * size + (1 - rho) * s * s)
#undef EACH
    free(g), free(w), free(v), free(n), free(found), free(mean), free(squares);
  }
}

static void NAMED(dropouts)(const TRAINING_TABLE *k) {
  for (size_t count = 0; count < 200; count += next_size(1, 5)) {
    const uint64_t seed = next_word(), stream = next_word(), first = 4 * (next_word() >> 32);
    const uint32_t threshold = 0x40000000u;
    REAL *x = NAMED(numbers)(count), *y = take(count, sizeof(REAL));
    k->dropout(count, seed, stream, first, threshold, (REAL)1.5, x, y);
    for (size_t i = 0; i < count; i++) {
      const int stays = philox_word(seed, stream, first + i) >= threshold;
      compare("dropout", y[i], stays ? 1.5 * x[i] : 0, 1, BOUND);
    }
    free(x), free(y);
  }
}

static void NAMED(training)(const TABLE *kernels, const TRAINING_TABLE *k) {
  NAMED(slopes)(k);
  NAMED(window_slopes)(kernels, k);
  NAMED(correlations)(kernels, k);
  NAMED(recurrent_slopes)(k);
  NAMED(optimizers)(k);
  NAMED(dropouts)(k);
}
