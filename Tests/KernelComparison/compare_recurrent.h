// Steps of recurrent cells of one element type against the equations in double precision. Included once a type
// with REAL, NAMED(name), GATE, RECURRENCE, TABLE and BOUND.

static double NAMED(function)(const GATE *f, double x) {
  const double alpha = f->alpha, beta = f->beta;
  switch (f->kind) {
    case MRDL_GATE_SIGMOID: return 1 / (1 + exp(-x));
    case MRDL_GATE_TANH: return tanh(x);
    case MRDL_GATE_RELU: return fmax(x, 0);
    case MRDL_GATE_AFFINE: return alpha * x + beta;
    case MRDL_GATE_LEAKY_RELU: return x < 0 ? alpha * x : x;
    case MRDL_GATE_THRESHOLDED_RELU: return x > alpha ? x : 0;
    case MRDL_GATE_SCALED_TANH: return alpha * tanh(beta * x);
    case MRDL_GATE_HARD_SIGMOID: return fmin(fmax(alpha * x + beta, 0), 1);
    case MRDL_GATE_ELU: return x < 0 ? alpha * expm1(x) : x;
    case MRDL_GATE_SOFTSIGN: return x / (1 + fabs(x));
    case MRDL_GATE_SOFTPLUS: return fmax(x, 0) + log1p(exp(-fabs(x)));
  }
  return NAN;
}

/// A function of a gate; but for the usual cell any that does not jump.
static GATE NAMED(gate)(mrdl_gate_function usual, int is_usual) {
  GATE f = {.kind = usual, .alpha = (REAL)0.3, .beta = (REAL)0.5};
  if (is_usual) return f;
  do {
    f.kind = (mrdl_gate_function)next_size(MRDL_GATE_SIGMOID, MRDL_GATE_SOFTPLUS);
  } while (f.kind == MRDL_GATE_THRESHOLDED_RELU);
  return f;
}

/// What goes into a gate, bounded as the cell asks, and what comes out.
static double NAMED(gated)(const RECURRENCE *r, int function, double x) {
  if (r->clips) x = fmin(fmax(x, -(double)r->clip), r->clip);
  return NAMED(function)(&r->functions[function], x);
}

static void NAMED(recurrent_cell)(const TABLE *k, mrdl_cell cell, int is_usual) {
  const size_t lanes = k->lanes, units = next_size(1, 40), batch = next_size(1, 9);
  // Functions without bounds multiply a state with itself at each step.
  const size_t length = next_size(1, is_usual ? 5 : 3), blocks = (units + lanes - 1) / lanes, width = blocks * lanes;
  const size_t gates = cell == MRDL_CELL_RNN ? 1 : cell == MRDL_CELL_LSTM ? 4
                       : cell == MRDL_CELL_LSTM_COUPLED ? 4 : 3;
  const int is_lstm = gates == 4;
  const size_t row = gates * width;

  // Weights by gate, unit and unit of the state before, and as the kernel wants them.
  REAL *plain = NAMED(numbers)(gates * units * units), *packed = take(gates * width * units, sizeof(REAL));
  for (size_t g = 0; g < gates; g++) {
    for (size_t u = 0; u < units; u++) {
      for (size_t v = 0; v < units; v++) {
        const size_t block = u / lanes, lane = u % lanes;
        const size_t together = cell != MRDL_CELL_GRU ? gates : g < 2 ? 2 : 1;
        const size_t place = cell == MRDL_CELL_GRU && g == 2 ? 0 : g;
        REAL *of_phase = packed + (cell == MRDL_CELL_GRU && g == 2 ? 2 * width * units : 0);
        plain[(g * units + u) * units + v] /= is_usual ? 2 : (REAL)units;
        of_phase[((block * units + v) * together + place) * lanes + lane] =
            plain[(g * units + u) * units + v];
      }
    }
  }
  REAL *inputs = NAMED(numbers)(length * batch * row), *bias = NAMED(numbers)(width);
  REAL *peepholes = NAMED(numbers)(3 * width);
  REAL *states[2] = {NAMED(numbers)(batch * width), take(batch * width, sizeof(REAL))};
  REAL *cells = NAMED(numbers)(batch * width), *update = take(batch * width, sizeof(REAL));
  REAL *reset = take(batch * width, sizeof(REAL)), *output = take(length * batch * units, sizeof(REAL));
  double *h = take(batch * units, sizeof(double)), *c = take(batch * units, sizeof(double));
  double *next = take(units, sizeof(double));
  int32_t lengths[9];
  for (size_t i = 0; i < batch; i++) {
    lengths[i] = (int32_t)next_size(0, length);
    for (size_t u = 0; u < units; u++) {
      h[i * units + u] = states[0][i * width + u], c[i * units + u] = cells[i * width + u];
    }
  }
  RECURRENCE r = {.cell = cell,
                  .functions = {NAMED(gate)(cell == MRDL_CELL_RNN ? MRDL_GATE_TANH : MRDL_GATE_SIGMOID, is_usual),
                                NAMED(gate)(MRDL_GATE_TANH, is_usual), NAMED(gate)(MRDL_GATE_TANH, is_usual)},
                  .clips = !is_usual && next_size(0, 1), .clip = (REAL)0.75,
                  .length = length, .batch = batch, .units = units, .width = width,
                  .is_reverse = (int32_t)next_size(0, 1), .inputs = inputs,
                  .input_step_stride = batch * row, .input_sequence_stride = row, .weights = packed,
                  .state = {states[0], states[1]}, .output = output,
                  .output_step_stride = batch * units, .output_sequence_stride = units};
  if (next_size(0, 1)) r.lengths = lengths;
  if (cell == MRDL_CELL_GRU_LINEAR && next_size(0, 1)) r.candidate_bias = bias;
  if (cell == MRDL_CELL_GRU) r.update = update, r.reset_state = reset;
  if (is_lstm) {
    r.cell_state = cells;
    if (!is_usual && next_size(0, 1)) r.peepholes = peepholes;
  }

  for (size_t step = 0; step < length; step++) {
    for (size_t phase = 0; phase < (cell == MRDL_CELL_GRU ? 2 : 1); phase++) {
      const size_t middle = next_size(0, blocks);
      k->recurrent_step(&r, step, phase, middle, blocks);
      k->recurrent_step(&r, step, phase, 0, middle);
    }
    for (size_t i = 0; i < batch; i++) {
      const size_t own = r.lengths ? (size_t)lengths[i] : length;
      if (step >= own) continue;
      const size_t time = r.is_reverse ? own - 1 - step : step;
      const REAL *x = inputs + time * r.input_step_stride + i * r.input_sequence_stride;
      const double *before = h + i * units;
#define INPUT(g, u) (double)x[(u) / lanes * gates * lanes + (g) * lanes + (u) % lanes]
#define STATE(g, u, v) (double)plain[((g) * units + (u)) * units + (v)]
      double *resets = take(units, sizeof(double));
      for (size_t u = 0; gates == 3 && u < units; u++) {
        double sum = INPUT(1, u);
        for (size_t v = 0; v < units; v++) sum += STATE(1, u, v) * before[v];
        resets[u] = NAMED(gated)(&r, 0, sum);
      }
      for (size_t u = 0; u < units; u++) {
        double sums[4] = {0};
        for (size_t g = 0; g < gates; g++) {
          sums[g] = INPUT(g, u);
          const int is_candidate = gates == 3 && g == 2;
          double product = is_candidate && r.candidate_bias ? r.candidate_bias[u] : 0;
          for (size_t v = 0; v < units; v++) {
            product += STATE(g, u, v) * before[v] * (is_candidate && cell == MRDL_CELL_GRU ? resets[v] : 1);
          }
          sums[g] += is_candidate && cell == MRDL_CELL_GRU_LINEAR ? resets[u] * product : product;
        }
        if (cell == MRDL_CELL_RNN) {
          next[u] = NAMED(gated)(&r, 0, sums[0]);
        } else if (gates == 3) {
          const double z = NAMED(gated)(&r, 0, sums[0]);
          next[u] = z * before[u] + (1 - z) * NAMED(gated)(&r, 1, sums[2]);
        } else {
          const double old = c[i * units + u];
          const REAL *p = r.peepholes;
          const double in = NAMED(gated)(&r, 0, sums[0] + (p ? p[u] * old : 0));
          const double forget = cell == MRDL_CELL_LSTM_COUPLED
                                    ? 1 - in
                                    : NAMED(gated)(&r, 0, sums[2] + (p ? p[2 * width + u] * old : 0));
          const double new = forget * old + in * NAMED(gated)(&r, 1, sums[3]);
          const double out = NAMED(gated)(&r, 0, sums[1] + (p ? p[width + u] * new : 0));
          next[u] = out * NAMED(function)(&r.functions[2], new);
          c[i * units + u] = new;
        }
      }
      free(resets);
#undef INPUT
#undef STATE
      for (size_t u = 0; u < units; u++) {
        h[i * units + u] = next[u];
        compare("recurrent output", output[time * r.output_step_stride + i * units + u], next[u],
                (double)(units * (step + 1)) * (1 + fabs(next[u])), BOUND);
      }
    }
  }
  for (size_t i = 0; i < batch; i++) {
    for (size_t u = 0; u < units; u++) {
      const double scale = (double)(units * length);
      compare("recurrent state", states[length % 2][i * width + u], h[i * units + u],
              scale * (1 + fabs(h[i * units + u])), BOUND);
      if (is_lstm) {
        compare("cell state", cells[i * width + u], c[i * units + u],
                scale * (1 + fabs(c[i * units + u])), BOUND);
      }
    }
  }
  free(plain), free(packed), free(inputs), free(bias), free(peepholes), free(states[0]), free(states[1]);
  free(cells), free(update), free(reset), free(output), free(h), free(c), free(next);
}

static void NAMED(recurrences)(const TABLE *k) {
  for (int round = 0; round < 40; round++) {
    for (int cell = MRDL_CELL_RNN; cell <= MRDL_CELL_LSTM_COUPLED; cell++) {
      NAMED(recurrent_cell)(k, (mrdl_cell)cell, round % 2);
    }
  }
}
