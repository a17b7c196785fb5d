// Steps of recurrent layers: the product of the state with the weights of a block of units, and what
// the gates make of it while it is at hand.

#include "elementary.h"

#define RECURRENCE RECURRENCE_OF(MRDL_TYPE)
#define GATE_(type) mrdl_##type##_gate
#define GATE_OF(type) GATE_(type)
#define GATE GATE_OF(MRDL_TYPE)

enum { MOST_GATES = 4, MOST_SEQUENCES = 8, MOST_AT_ONCE = 8 };

// MARK: Products

/// How many partial sums an element has, so that there are enough of them in flight; they take every
/// so many k each.
INLINE int sets_for(const int gates, const int sequences) {
  if (sequences > 1) return 1;
  return gates == 1 ? 8 : gates == 2 ? 4 : gates == 3 ? 3 : 2;
}

/// How many elements of a state are loaded before the products that take them: they are in the first
/// cache, and would wait behind weights that come from the second.
INLINE int loads_at_once(const int sets, const int sequences) {
  return sequences > 1 || sets >= 4 ? sets : 2 * sets;
}

/// Σ state[k] · weights[k] for the gates of one block and some sequences.
///
/// - Parameters:
///   - gates, sequences: known where this is inlined.
INLINE void block_product(const int gates, const int sequences, size_t depth, const real *weights,
                          const real *state, size_t state_stride, vec *products) {
  const int sets = sets_for(gates, sequences), at_once = loads_at_once(sets, sequences);
  vec sum[MOST_SEQUENCES][MOST_GATES];
#pragma clang loop unroll(full)
  for (int i = 0; i < sequences * sets; i++) {
#pragma clang loop unroll(full)
    for (int g = 0; g < gates; g++) sum[i][g] = (vec)0;
  }
  size_t k = 0;
  for (; k + (size_t)at_once <= depth; k += (size_t)at_once) {
    vec left[MOST_SEQUENCES][MOST_AT_ONCE];
#pragma clang loop unroll(full)
    for (int i = 0; i < sequences; i++) {
#pragma clang loop unroll(full)
      for (int s = 0; s < at_once; s++) {
        left[i][s] = (vec)state[(size_t)i * state_stride + k + (size_t)s];
      }
    }
#pragma clang loop unroll(full)
    for (int s = 0; s < at_once; s++) {
#pragma clang loop unroll(full)
      for (int g = 0; g < gates; g++) {
        const vec right = load(weights + (s * gates + g) * LANES);
#pragma clang loop unroll(full)
        for (int i = 0; i < sequences; i++) {
          const int set = i * sets + s % sets;
          sum[set][g] = mul_add(left[i][s], right, sum[set][g]);
        }
      }
    }
    weights += at_once * gates * LANES;
  }
#pragma clang loop unroll(disable)
  for (; k < depth; k++) {
#pragma clang loop unroll(full)
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
      products[i * MOST_GATES + g] = total;
    }
  }
}

// So many sequences at once keep their sums in registers.
#define SEQUENCES_OF(gates) ((TILE_ROWS * TILE_VECTORS - 2) / (gates))
#define AT_MOST_8(n) ((n) < MOST_SEQUENCES ? (n) : MOST_SEQUENCES)

typedef void block_products(size_t depth, const real *weights, const real *state,
                            size_t state_stride, vec *products);

#define PRODUCTS(gates, sequences)                                                             \
  static void products_##gates##_##sequences(size_t depth, const real *weights,                \
                                             const real *state, size_t stride, vec *products) { \
    block_product(gates, sequences, depth, weights, state, stride, products);                  \
  }
#define PRODUCTS_OF(gates) \
  PRODUCTS(gates, 1)       \
  PRODUCTS(gates, 2)       \
  PRODUCTS(gates, 3)       \
  PRODUCTS(gates, 4)       \
  PRODUCTS(gates, 6)       \
  PRODUCTS(gates, 8)

PRODUCTS_OF(1)
PRODUCTS_OF(2)
PRODUCTS_OF(3)
PRODUCTS_OF(4)

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
                            const real *state, size_t state_stride, vec *products) {
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
  /// The places of the block in arrays by unit, for this sequence and for all of them.
  size_t at, unit;
  const real *before;
  real *after;
  /// Where the output is wanted.
  real *output;
  /// What `block_gates` leaves to `block_state`.
  vec carried[2];
} block_step;

INLINE vec gate_sum(const block_step *b, const vec *products, int g) {
  return load(b->inputs + g * LANES) + products[g];
}

/// Carries the argument of the output gate and the new cell state.
INLINE void lstm_gates(const int is_usual, block_step *b, const vec *products) {
  const RECURRENCE *r = b->r;
  real *cell = r->cell_state + b->at;
  const vec old = load(cell);
  vec i = gate_sum(b, products, 0), o = gate_sum(b, products, 1), f = gate_sum(b, products, 2);
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
  const quotient candidate = gate(is_usual, MRDL_GATE_TANH, r, 1, gate_sum(b, products, 3));
  const vec new = mul_add(f, old, product_of(input, candidate));
  store(cell, new);
  if (has_peepholes) o = mul_add(load(r->peepholes + r->width + b->unit), new, o);
  b->carried[0] = o, b->carried[1] = new;
}

INLINE vec lstm_state(const int is_usual, const block_step *b) {
  return product_of(gate(is_usual, MRDL_GATE_SIGMOID, b->r, 0, b->carried[0]),
                    applied(is_usual, MRDL_GATE_TANH, &b->r->functions[2], b->carried[1]));
}

/// Carries the argument of the candidate and the update gate.
INLINE void gru_linear_gates(const int is_usual, block_step *b, const vec *products) {
  const RECURRENCE *r = b->r;
  const vec z = value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, products, 0)));
  const vec reset = value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, products, 1)));
  vec product = products[2];
  if (r->candidate_bias) product = product + load(r->candidate_bias + b->unit);
  b->carried[0] = mul_add(reset, product, load(b->inputs + 2 * LANES)), b->carried[1] = z;
}

/// The first phase of GRU.
INLINE void gru_first_gates(const int is_usual, const block_step *b, const vec *products) {
  const RECURRENCE *r = b->r;
  store(r->update + b->at,
        value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, products, 0))));
  const vec reset = value_of(gate(is_usual, MRDL_GATE_SIGMOID, r, 0, gate_sum(b, products, 1)));
  store(r->reset_state + b->at, reset * load(b->before + b->at));
}

/// The second phase of GRU; carries the argument of the candidate and the update gate.
INLINE void gru_second_gates(block_step *b, const vec *products) {
  b->carried[0] = load(b->inputs + 2 * LANES) + products[0];
  b->carried[1] = load(b->r->update + b->at);
}

/// Of both kinds of GRU.
INLINE vec gru_state(const int is_usual, const block_step *b) {
  const vec h = value_of(gate(is_usual, MRDL_GATE_TANH, b->r, 1, b->carried[0]));
  const vec z = b->carried[1];
  return mul_add(z, load(b->before + b->at), ((vec)1 - z) * h);
}

INLINE vec rnn_state(const int is_usual, const block_step *b) {
  return value_of(gate(is_usual, MRDL_GATE_TANH, b->r, 0, b->carried[0]));
}

/// Whether the functions are those that the cell has by default, and nothing bounds or adds to them.
static int is_usual_cell(const RECURRENCE *r) {
  if (r->clips || r->peepholes || r->cell == MRDL_CELL_LSTM_COUPLED) return 0;
  if (r->cell == MRDL_CELL_RNN) return r->functions[0].kind == MRDL_GATE_TANH;
  return r->functions[0].kind == MRDL_GATE_SIGMOID && r->functions[1].kind == MRDL_GATE_TANH &&
         (r->cell != MRDL_CELL_LSTM || r->functions[2].kind == MRDL_GATE_TANH);
}

// MARK: Steps

INLINE int gates_of(const mrdl_cell cell) {
  return cell == MRDL_CELL_RNN ? 1 : cell == MRDL_CELL_LSTM ? 4 : 3;
}

/// The gates whose products a phase needs.
INLINE int gates_at(const mrdl_cell cell, const size_t phase) {
  return cell != MRDL_CELL_GRU ? gates_of(cell) : phase == 0 ? 2 : 1;
}

INLINE size_t length_of(const RECURRENCE *r, size_t sequence) {
  return r->lengths ? (size_t)r->lengths[sequence] : r->length;
}

/// Of a step that the sequence has.
INLINE block_step begun_block(const mrdl_cell cell, const RECURRENCE *r, size_t step, size_t block,
                              size_t sequence) {
  const size_t time = r->is_reverse ? length_of(r, sequence) - 1 - step : step;
  const size_t unit = block * LANES, at = sequence * r->width + unit;
  const size_t input = time * r->input_step_stride + sequence * r->input_sequence_stride;
  const size_t output = time * r->output_step_stride + sequence * r->output_sequence_stride;
  return (block_step){.r = r,
                      .inputs = r->inputs + input + unit * (size_t)gates_of(cell),
                      .at = at,
                      .unit = unit,
                      .before = r->state[step % 2],
                      .after = r->state[(step + 1) % 2],
                      .output = r->output ? r->output + output + unit : 0};
}

/// What the gates make of the products. What leaves the cell waits for them: that is `end_block`'s,
/// for which the next block gives them time.
///
/// - Parameters:
///   - cell, is_usual, phase: known where this is inlined; a coupled LSTM is an unusual one.
INLINE void block_gates(const mrdl_cell cell, const int is_usual, const size_t phase, block_step *b,
                        const vec *products) {
  if (cell == MRDL_CELL_GRU && phase == 0) {
    gru_first_gates(is_usual, b, products);
  } else if (cell == MRDL_CELL_GRU) {
    gru_second_gates(b, products);
  } else if (cell == MRDL_CELL_GRU_LINEAR) {
    gru_linear_gates(is_usual, b, products);
  } else if (cell == MRDL_CELL_LSTM) {
    lstm_gates(is_usual, b, products);
  } else {
    b->carried[0] = gate_sum(b, products, 0);
  }
}

INLINE void end_block(const mrdl_cell cell, const int is_usual, const size_t phase,
                      const block_step *b) {
  if (cell == MRDL_CELL_GRU && phase == 0) return;
  const vec h = cell == MRDL_CELL_RNN    ? rnn_state(is_usual, b)
                : cell == MRDL_CELL_LSTM ? lstm_state(is_usual, b)
                                         : gru_state(is_usual, b);
  store(b->after + b->at, h);
  if (!b->output) return;
  const size_t rest = b->r->units - b->unit;
  if (rest >= LANES) {
    store(b->output, h);
  } else {
    store_part(b->output, h, rest);
  }
}

/// The place of the n-th block that a step computes: every other step goes from the end, where the
/// caches hold what the step before has left.
INLINE size_t block_at(size_t n, size_t step, size_t first, size_t last) {
  return step % 2 == 0 ? n : first + last - 1 - n;
}

/// Blocks of a batch of one; the products stay in registers.
INLINE void blocks_of_one(const mrdl_cell cell, const int is_usual, const size_t phase,
                          const RECURRENCE *r, size_t step, size_t first, size_t last,
                          const real *weights, const real *left) {
  const int gates = gates_at(cell, phase);
  block_step open;
  for (size_t n = first; n < last; n++) {
    const size_t block = block_at(n, step, first, last);
    vec products[MOST_GATES];
    block_product(gates, 1, r->units, weights + block * r->units * (size_t)gates * LANES, left, 0,
                  products);
    if (n > first) end_block(cell, is_usual, phase, &open);
    open = begun_block(cell, r, step, block, 0);
    block_gates(cell, is_usual, phase, &open, products);
  }
  if (last > first) end_block(cell, is_usual, phase, &open);
}

/// Blocks of a batch; where a sequence is over, its state stays.
INLINE void blocks_of_several(const mrdl_cell cell, const int is_usual, const size_t phase,
                              const RECURRENCE *r, size_t step, size_t first, size_t last,
                              const real *weights, const real *left) {
  const int gates = gates_at(cell, phase);
  const real *before = r->state[step % 2];
  real *after = r->state[(step + 1) % 2];
  for (size_t n = first; n < last; n++) {
    const size_t block = block_at(n, step, first, last);
    for (size_t start = 0; start < r->batch;) {
      vec products[MOST_SEQUENCES * MOST_GATES];
      const size_t count = some_products(
          gates, r->batch - start, r->units, weights + block * r->units * (size_t)gates * LANES,
          left + start * r->width, r->width, products);
      for (size_t i = 0; i < count; i++) {
        if (step < length_of(r, start + i)) {
          block_step b = begun_block(cell, r, step, block, start + i);
          block_gates(cell, is_usual, phase, &b, products + i * MOST_GATES);
          end_block(cell, is_usual, phase, &b);
        } else if (cell != MRDL_CELL_GRU || phase == 1) {
          const size_t at = (start + i) * r->width + block * LANES;
          store(after + at, load(before + at));
        }
      }
      start += count;
    }
  }
}

/// - Parameters:
///   - cell, is_usual, phase: known where this is inlined; a coupled LSTM is an unusual one.
INLINE void cell_blocks(const mrdl_cell cell, const int is_usual, const size_t phase,
                        const RECURRENCE *r, size_t step, size_t first, size_t last) {
  const real *weights = r->weights, *left = r->state[step % 2];
  if (cell == MRDL_CELL_GRU && phase == 1) {
    weights += 2 * r->width * r->units;
    left = r->reset_state;
  }
  // What other threads have written comes over while the first products are summed.
  for (size_t k = 0; k < r->batch * r->width; k += LINE) __builtin_prefetch(left + k);
  if (r->batch == 1 && step < length_of(r, 0)) {
    blocks_of_one(cell, is_usual, phase, r, step, first, last, weights, left);
  } else {
    blocks_of_several(cell, is_usual, phase, r, step, first, last, weights, left);
  }
}

#define CELL(name, cell, phase)                                                                  \
  static void usual_##name(const RECURRENCE *r, size_t step, size_t first, size_t last) {       \
    cell_blocks(cell, 1, phase, r, step, first, last);                                          \
  }                                                                                             \
  static void any_##name(const RECURRENCE *r, size_t step, size_t first, size_t last) {         \
    cell_blocks(cell, 0, phase, r, step, first, last);                                          \
  }
CELL(rnn, MRDL_CELL_RNN, 0)
CELL(gru_gates, MRDL_CELL_GRU, 0)
CELL(gru_state, MRDL_CELL_GRU, 1)
CELL(gru_linear, MRDL_CELL_GRU_LINEAR, 0)
CELL(lstm, MRDL_CELL_LSTM, 0)

void KERNEL(recurrent_step)(const RECURRENCE *r, size_t step, size_t phase, size_t first_block,
                            size_t last_block) {
  const int is_usual = is_usual_cell(r);
  switch (r->cell) {
    case MRDL_CELL_RNN:
      (is_usual ? usual_rnn : any_rnn)(r, step, first_block, last_block);
      return;
    case MRDL_CELL_GRU:
      if (phase == 0) {
        (is_usual ? usual_gru_gates : any_gru_gates)(r, step, first_block, last_block);
      } else {
        (is_usual ? usual_gru_state : any_gru_state)(r, step, first_block, last_block);
      }
      return;
    case MRDL_CELL_GRU_LINEAR:
      (is_usual ? usual_gru_linear : any_gru_linear)(r, step, first_block, last_block);
      return;
    case MRDL_CELL_LSTM:
    case MRDL_CELL_LSTM_COUPLED:
      (is_usual ? usual_lstm : any_lstm)(r, step, first_block, last_block);
      return;
  }
}
