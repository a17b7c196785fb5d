// Steps of recurrent layers: the product of the state with the weights of a block of units, and what
// the gates make of it while it is at hand.

#include "elementary.h"

#define RECURRENCE RECURRENCE_OF(MRDL_TYPE)
#define GATE_(type) mrdl_##type##_gate
#define GATE_OF(type) GATE_(type)
#define GATE GATE_OF(MRDL_TYPE)

enum { MOST_GATES = 4, MOST_SEQUENCES = 8 };

// MARK: Products

/// Σ state[k] · weights[k] for the gates of one block and some sequences.
///
/// - Parameters:
///   - gates, sequences: known where this is inlined.
///   - sets: how many partial sums an element has, so that there are enough of them in flight; they
///     take every `sets`-th k each.
INLINE void block_product(const int gates, const int sequences, const int sets, size_t depth,
                          const real *weights, const real *state, size_t state_stride,
                          real *products) {
  vec sum[MOST_SEQUENCES][MOST_GATES];
#pragma clang loop unroll(full)
  for (int i = 0; i < sequences * sets; i++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < gates; g++) sum[i][g] = (vec)0;
  }
  size_t k = 0;
  for (; k + (size_t)sets <= depth; k += (size_t)sets) {
#pragma clang loop unroll(full)
    for (int s = 0; s < sets; s++) {
      vec right[MOST_GATES];
#pragma clang loop unroll(full)
      for (int g = 0; g < gates; g++) right[g] = load(weights + (s * gates + g) * LANES);
#pragma clang loop unroll(full)
      for (int i = 0; i < sequences; i++) {
        const vec left = (vec)state[(size_t)i * state_stride + k + (size_t)s];
#pragma clang loop unroll(full)
        for (int g = 0; g < gates; g++) {
          sum[i * sets + s][g] = mul_add(left, right[g], sum[i * sets + s][g]);
        }
      }
    }
    weights += sets * gates * LANES;
  }
  for (; k < depth; k++) {
    for (int i = 0; i < sequences; i++) {
      const vec left = (vec)state[(size_t)i * state_stride + k];
#pragma clang loop unroll(full)
      for (int g = 0; g < gates; g++) {
        sum[i * sets][g] = mul_add(left, load(weights + g * LANES), sum[i * sets][g]);
      }
    }
    weights += gates * LANES;
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < sequences; i++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < gates; g++) {
      vec total = sum[i * sets][g];
#pragma clang loop unroll(full)
      for (int s = 1; s < sets; s++) total = total + sum[i * sets + s][g];
      store(products + (i * MOST_GATES + g) * LANES, total);
    }
  }
}

// So many sequences at once keep their sums in registers.
#define SEQUENCES_OF(gates) ((TILE_ROWS * TILE_VECTORS - 2) / (gates))
#define AT_MOST_8(n) ((n) < MOST_SEQUENCES ? (n) : MOST_SEQUENCES)

typedef void block_products(size_t depth, const real *weights, const real *state,
                            size_t state_stride, real *products);

#define PRODUCTS(gates, sequences, sets)                                                       \
  static void products_##gates##_##sequences(size_t depth, const real *weights,                \
                                             const real *state, size_t stride,                 \
                                             real *products) {                                 \
    block_product(gates, sequences, sets, depth, weights, state, stride, products);            \
  }
#define PRODUCTS_OF(gates, sets) \
  PRODUCTS(gates, 1, sets)       \
  PRODUCTS(gates, 2, 1)          \
  PRODUCTS(gates, 3, 1)          \
  PRODUCTS(gates, 4, 1)          \
  PRODUCTS(gates, 6, 1)          \
  PRODUCTS(gates, 8, 1)

PRODUCTS_OF(1, 8)
PRODUCTS_OF(2, 4)
PRODUCTS_OF(3, 3)
PRODUCTS_OF(4, 2)

#define ROW(gates)                                                                  \
  {products_##gates##_1, products_##gates##_2, products_##gates##_3, products_##gates##_4, \
   products_##gates##_6, products_##gates##_8}

/// By gates − 1, then by the sequences of `heights`.
static block_products *const products_of[MOST_GATES][6] = {ROW(1), ROW(2), ROW(3), ROW(4)};
TABLE int heights[] = {1, 2, 3, 4, 6, 8};

/// The products of some sequences of the batch.
///
/// - Returns: how many were done, at most `left`.
static size_t some_products(int gates, size_t left, size_t depth, const real *weights,
                            const real *state, size_t state_stride, real *products) {
  const size_t most = (size_t)AT_MOST_8(SEQUENCES_OF(gates));
  int choice = 0;
  for (int i = 1; i < COUNT_OF(heights); i++) {
    if ((size_t)heights[i] <= most && (size_t)heights[i] <= left) choice = i;
  }
  products_of[gates - 1][choice](depth, weights, state, state_stride, products);
  return (size_t)heights[choice];
}

// MARK: Functions

/// exp(x) − 1 for x ≤ 0, with its relative accuracy near 0.
INLINE vec exp_minus_1_of_negative(vec x) {
  x = x < (vec)EXP_LOWEST / 2 ? (vec)EXP_LOWEST / 2 : x;
  whole_number n;
  vec tail;
  const vec e = exp_reduced(x, &n, &tail);
  const vec scale = power_of_2(n);
  return mul_add(scale, e, scale - (vec)1);
}

/// log(1 + exp(x)) as max(x, 0) + log(1 + u) with u = exp(−|x|).
INLINE vec softplus_of(vec x) {
  const vec u = exp_of_negative(-magnitude(x));
  const vec d = u + (vec)1;
  // log(d) misses what the sum lost; its derivative is 1 / d.
  const vec y = log_of(d) + (u - (d - (vec)1)) / d;
  return (x > (vec)0 ? x : (vec)0) + (x != x ? x : y);
}

static void apply_function(const GATE *f, real *values) {
  const vec v = load(values), alpha = (vec)f->alpha, beta = (vec)f->beta;
  vec y = v;
  switch (f->kind) {
    case MRDL_GATE_SIGMOID: y = sigmoid_of(v); break;
    case MRDL_GATE_TANH: y = tanh_of(v); break;
    case MRDL_GATE_RELU: y = (vec)0 > v ? (vec)0 : v; break;
    case MRDL_GATE_AFFINE: y = alpha * v + beta; break;
    case MRDL_GATE_LEAKY_RELU: y = v < (vec)0 ? alpha * v : v; break;
    case MRDL_GATE_THRESHOLDED_RELU: y = v > alpha ? v : (vec)0; break;
    case MRDL_GATE_SCALED_TANH: y = alpha * tanh_of(beta * v); break;
    case MRDL_GATE_HARD_SIGMOID:
      y = alpha * v + beta;
      y = (vec)0 > y ? (vec)0 : y;
      y = (vec)1 < y ? (vec)1 : y;
      break;
    case MRDL_GATE_ELU: y = v < (vec)0 ? alpha * exp_minus_1_of_negative(v) : v; break;
    case MRDL_GATE_SOFTSIGN: y = v / (magnitude(v) + (vec)1); break;
    case MRDL_GATE_SOFTPLUS: y = softplus_of(v); break;
  }
  store(values, y);
}

/// A value whose division is still to be done: a product of two takes one division.
typedef struct {
  vec above, below;
} quotient;

INLINE vec value_of(quotient q) { return q.above / q.below; }

INLINE vec product_of(quotient p, quotient q) { return p.above * q.above / (p.below * q.below); }

/// exp(x) for x ≤ 0, by the same steps as `exp_minus_1_of_negative`: more of them than `exp_of_negative` has,
/// but fewer wait for each other, and a step of an LSTM waits for its gates.
INLINE vec exp_beside_tanh(vec x) {
  x = x < (vec)EXP_LOWEST ? (vec)EXP_LOWEST : x;
  whole_number n;
  vec tail;
  return times_power_of_2(exp_reduced(x, &n, &tail) + (vec)1, n);
}

/// 1 / (1 + exp(−x)), with exp of negative numbers only; within 3 ulp.
INLINE quotient sigmoid_quotient(vec x) {
  const vec e = exp_beside_tanh(-magnitude(x));
  return (quotient){x < (vec)0 ? e : (vec)1, e + (vec)1};
}

/// −m / (m + 2) where m = exp(−2 |x|) − 1, with the sign of x; within 4 ulp.
INLINE quotient tanh_quotient(vec x) {
  const vec y = magnitude(x);
  const vec m = exp_minus_1_of_negative(-(y + y));
  const uvec sign = bits_of(x) & ((uvec)1 << (REAL_BITS - 1));
  return (quotient){of_bits(bits_of(magnitude(m)) | sign), m + (vec)2};
}

/// The function of a gate or a state; `usual` is what it is where the cell is `is_usual`.
INLINE quotient applied(const int is_usual, const mrdl_gate_function usual, const GATE *f, vec v) {
  if (is_usual) return usual == MRDL_GATE_SIGMOID ? sigmoid_quotient(v) : tanh_quotient(v);
  real values[LANES];
  store(values, v);
  apply_function(f, values);
  return (quotient){load(values), (vec)1};
}

/// The same for a gate, which may be clipped before.
INLINE quotient gate(const int is_usual, const mrdl_gate_function usual, const RECURRENCE *r,
                     const int function, vec v) {
  if (!is_usual && r->clips) {
    const vec bound = (vec)r->clip;
    v = v < -bound ? -bound : v;
    v = v > bound ? bound : v;
  }
  return applied(is_usual, usual, &r->functions[function], v);
}

// MARK: Cells

/// One block of one sequence at one step.
typedef struct {
  const RECURRENCE *r;
  const real *inputs;
  const real *products;
  /// The places of the block in arrays by unit, for this sequence and for all of them.
  size_t at, unit;
  const real *before;
  real *after;
} block_step;

INLINE vec gate_sum(const block_step *b, int g) {
  return load(b->inputs + g * LANES) + load(b->products + g * LANES);
}

INLINE vec rnn_state(const int is_usual, const block_step *b) {
  return value_of(gate(is_usual, MRDL_GATE_TANH, b->r, 0, gate_sum(b, 0)));
}

INLINE vec lstm_state(const int is_usual, const block_step *b) {
  const RECURRENCE *r = b->r;
  real *cell = r->cell_state + b->at;
  const vec old = load(cell);
  vec i = gate_sum(b, 0), o = gate_sum(b, 1), f = gate_sum(b, 2);
  const int has_peepholes = !is_usual && r->peepholes != 0;
  if (has_peepholes) {
    i = mul_add(load(r->peepholes + b->unit), old, i);
    f = mul_add(load(r->peepholes + 2 * r->width + b->unit), old, f);
  }
  const quotient input = gate(is_usual, MRDL_GATE_SIGMOID, r, 0, i);
  if (!is_usual && r->cell == MRDL_CELL_LSTM_COUPLED) {
    f = (vec)1 - value_of(input);
  } else {
    f = value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, f));
  }
  const quotient candidate = gate(is_usual, MRDL_GATE_TANH, r, 1, gate_sum(b, 3));
  const vec new = mul_add(f, old, product_of(input, candidate));
  store(cell, new);
  if (has_peepholes) o = mul_add(load(r->peepholes + r->width + b->unit), new, o);
  return product_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, o),
                    applied(is_usual, MRDL_GATE_TANH, &r->functions[2], new));
}

INLINE vec gru_mix(const block_step *b, vec z, vec h) {
  return mul_add(z, load(b->before + b->at), ((vec)1 - z) * h);
}

INLINE vec gru_linear_state(const int is_usual, const block_step *b) {
  const RECURRENCE *r = b->r;
  const vec z = value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, 0)));
  const vec reset = value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, 1)));
  vec product = load(b->products + 2 * LANES);
  if (r->candidate_bias) product = product + load(r->candidate_bias + b->unit);
  const vec sum = mul_add(reset, product, load(b->inputs + 2 * LANES));
  return gru_mix(b, z, value_of(gate(is_usual, MRDL_GATE_TANH, r, 1, sum)));
}

/// The first phase of GRU.
INLINE void gru_gates(const int is_usual, const block_step *b) {
  const RECURRENCE *r = b->r;
  store(r->update + b->at, value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, 0))));
  const vec reset = value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, 1)));
  store(r->reset_state + b->at, reset * load(b->before + b->at));
}

/// The second phase of GRU.
INLINE vec gru_state(const int is_usual, const block_step *b) {
  const vec sum = load(b->inputs + 2 * LANES) + load(b->products);
  return gru_mix(b, load(b->r->update + b->at),
                 value_of(gate(is_usual, MRDL_GATE_TANH, b->r, 1, sum)));
}

/// Whether the functions are those that the cell has by default, and nothing bounds or adds to them.
static int is_usual_cell(const RECURRENCE *r) {
  if (r->clips || r->peepholes || r->cell == MRDL_CELL_LSTM_COUPLED) return 0;
  if (r->cell == MRDL_CELL_RNN) return r->functions[0].kind == MRDL_GATE_TANH;
  return r->functions[0].kind == MRDL_GATE_SIGMOID && r->functions[1].kind == MRDL_GATE_TANH &&
         (r->cell != MRDL_CELL_LSTM || r->functions[2].kind == MRDL_GATE_TANH);
}

// MARK: Steps

/// - Parameters:
///   - cell, is_usual: known where this is inlined; a coupled LSTM is an unusual one.
INLINE void cell_blocks(const mrdl_cell cell, const int is_usual, const RECURRENCE *r, size_t step,
                        size_t phase, size_t first, size_t last) {
  const int all_gates = cell == MRDL_CELL_RNN ? 1 : cell == MRDL_CELL_LSTM ? 4 : 3;
  const int gates = cell != MRDL_CELL_GRU ? all_gates : phase == 0 ? 2 : 1;
  const size_t block_weights = r->units * (size_t)gates * LANES;
  const real *weights = r->weights;
  if (cell == MRDL_CELL_GRU && phase == 1) weights += 2 * r->width * r->units;
  const real *before = r->state[step % 2];
  real *after = r->state[(step + 1) % 2];
  const real *left = cell == MRDL_CELL_GRU && phase == 1 ? r->reset_state : before;

  // What other threads have written comes over while the first products are summed.
  for (size_t k = 0; k < r->batch * r->width; k += LINE) __builtin_prefetch(left + k);
  for (size_t n = first; n < last; n++) {
    // Every other step from the end, where the caches hold what the step before has left.
    const size_t block = step % 2 == 0 ? n : first + last - 1 - n;
    for (size_t start = 0; start < r->batch;) {
      real products[MOST_SEQUENCES * MOST_GATES * LANES];
      const size_t count =
          some_products(gates, r->batch - start, r->units, weights + block * block_weights,
                        left + start * r->width, r->width, products);
      for (size_t i = 0; i < count; i++) {
        const size_t sequence = start + i;
        block_step b = {.r = r, .before = before, .after = after};
        b.unit = block * LANES;
        b.at = sequence * r->width + b.unit;
        b.products = products + i * MOST_GATES * LANES;
        const size_t length = r->lengths ? (size_t)r->lengths[sequence] : r->length;
        if (step >= length) {
          if (cell != MRDL_CELL_GRU || phase == 1) store(after + b.at, load(before + b.at));
          continue;
        }
        const size_t time = r->is_reverse ? length - 1 - step : step;
        b.inputs = r->inputs + time * r->input_step_stride + sequence * r->input_sequence_stride +
                   b.unit * (size_t)all_gates;
        vec h;
        if (cell == MRDL_CELL_GRU && phase == 0) {
          gru_gates(is_usual, &b);
          continue;
        } else if (cell == MRDL_CELL_GRU) {
          h = gru_state(is_usual, &b);
        } else if (cell == MRDL_CELL_GRU_LINEAR) {
          h = gru_linear_state(is_usual, &b);
        } else if (cell == MRDL_CELL_LSTM) {
          h = lstm_state(is_usual, &b);
        } else {
          h = rnn_state(is_usual, &b);
        }
        store(after + b.at, h);
        if (r->output) {
          real *to = r->output + time * r->output_step_stride +
                     sequence * r->output_sequence_stride + b.unit;
          const size_t rest = r->units - b.unit;
          if (rest >= LANES) {
            store(to, h);
          } else {
            store_part(to, h, rest);
          }
        }
      }
      start += count;
    }
  }
}

#define CELL(name, cell)                                                                          \
  static void usual_##name(const RECURRENCE *r, size_t step, size_t phase, size_t first,          \
                           size_t last) {                                                         \
    cell_blocks(cell, 1, r, step, phase, first, last);                                            \
  }                                                                                               \
  static void any_##name(const RECURRENCE *r, size_t step, size_t phase, size_t first,            \
                         size_t last) {                                                           \
    cell_blocks(cell, 0, r, step, phase, first, last);                                            \
  }
CELL(rnn, MRDL_CELL_RNN)
CELL(gru, MRDL_CELL_GRU)
CELL(gru_linear, MRDL_CELL_GRU_LINEAR)
CELL(lstm, MRDL_CELL_LSTM)

void KERNEL(recurrent_step)(const RECURRENCE *r, size_t step, size_t phase, size_t first_block,
                            size_t last_block) {
  const int is_usual = is_usual_cell(r);
  switch (r->cell) {
    case MRDL_CELL_RNN:
      (is_usual ? usual_rnn : any_rnn)(r, step, phase, first_block, last_block);
      return;
    case MRDL_CELL_GRU:
      (is_usual ? usual_gru : any_gru)(r, step, phase, first_block, last_block);
      return;
    case MRDL_CELL_GRU_LINEAR:
      (is_usual ? usual_gru_linear : any_gru_linear)(r, step, phase, first_block, last_block);
      return;
    case MRDL_CELL_LSTM:
    case MRDL_CELL_LSTM_COUPLED:
      (is_usual ? usual_lstm : any_lstm)(r, step, phase, first_block, last_block);
      return;
  }
}
