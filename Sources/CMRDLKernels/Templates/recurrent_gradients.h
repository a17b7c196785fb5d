// One step of one sequence of an LSTM with its usual functions, in training: forward, keeping what the
// way back needs, and back.

#include "elementary.h"
#include "ends.h"

void KERNEL(lstm_forward)(size_t units, const real *sums, const real *before, real *gates,
                          real *after, real *squashed, real *state) {
  for (size_t k = 0; k < units; k += LANES) {
    const size_t left = units - k;
    const vec i = sigmoid_of(take(sums + k, left));
    const vec o = sigmoid_of(take(sums + units + k, left));
    const vec f = sigmoid_of(take(sums + 2 * units + k, left));
    const vec c = tanh_of(take(sums + 3 * units + k, left));
    const vec cell = mul_add(f, take(before + k, left), i * c);
    const vec t = tanh_of(cell);
    put(gates + k, i, left);
    put(gates + units + k, o, left);
    put(gates + 2 * units + k, f, left);
    put(gates + 3 * units + k, c, left);
    put(after + k, cell, left);
    put(squashed + k, t, left);
    put(state + k, o * t, left);
  }
}

void KERNEL(lstm_backward)(size_t units, const real *gates, const real *before,
                           const real *squashed, const real *dh, real *dc, real *dsums) {
  const vec one = (vec)1;
  for (size_t k = 0; k < units; k += LANES) {
    const size_t left = units - k;
    const vec i = take(gates + k, left), o = take(gates + units + k, left);
    const vec f = take(gates + 2 * units + k, left), c = take(gates + 3 * units + k, left);
    const vec t = take(squashed + k, left), slope = take(dh + k, left);
    const vec through = mul_add(slope * o, (one - t) * (one + t), take(dc + k, left));
    put(dsums + k, through * c * (i * (one - i)), left);
    put(dsums + units + k, slope * t * (o * (one - o)), left);
    put(dsums + 2 * units + k, through * take(before + k, left) * (f * (one - f)), left);
    put(dsums + 3 * units + k, through * i * ((one - c) * (one + c)), left);
    put(dc + k, through * f, left);
  }
}
