#pragma once

#include <stdint.h>

/// How a recurrent state follows from the one before it.
typedef enum : int32_t {
  /// One gate: H = f(gate).
  MRDL_CELL_RNN = 0,
  /// Gates z, r and the candidate h; the reset gate is applied to H before its product, which takes
  /// two phases a step.
  MRDL_CELL_GRU = 1,
  /// The same with the reset gate applied to the product of H and its weights.
  MRDL_CELL_GRU_LINEAR = 2,
  /// Gates i, o, f and the candidate c.
  MRDL_CELL_LSTM = 3,
  /// LSTM with f = 1 − i.
  MRDL_CELL_LSTM_COUPLED = 4,
} mrdl_cell;

/// What is applied to a gate or a state.
typedef enum : int32_t {
  MRDL_GATE_SIGMOID = 0,
  MRDL_GATE_TANH = 1,
  MRDL_GATE_RELU = 2,
  /// alpha · x + beta.
  MRDL_GATE_AFFINE = 3,
  /// alpha · x below zero.
  MRDL_GATE_LEAKY_RELU = 4,
  /// x above alpha, 0 elsewhere.
  MRDL_GATE_THRESHOLDED_RELU = 5,
  /// alpha · tanh(beta · x).
  MRDL_GATE_SCALED_TANH = 6,
  /// min(max(alpha · x + beta, 0), 1).
  MRDL_GATE_HARD_SIGMOID = 7,
  /// alpha · (exp(x) − 1) below zero.
  MRDL_GATE_ELU = 8,
  /// x / (1 + |x|).
  MRDL_GATE_SOFTSIGN = 9,
  /// log(1 + exp(x)).
  MRDL_GATE_SOFTPLUS = 10,
} mrdl_gate_function;
