// The larger and the smaller of two registers, and a register held between two, lane by lane.
#pragma once

// A comparison with NaN takes its second operand. In both orders the two results hold the NaN and the
// number, whose bits together are a NaN; otherwise both are the same, but for the sign of a zero.
INLINE vec larger(vec a, vec b) {
  return of_bits(bits_of(a > b ? a : b) | bits_of(b > a ? b : a));
}
INLINE vec smaller(vec a, vec b) {
  return of_bits(bits_of(a < b ? a : b) | bits_of(b < a ? b : a));
}

/// min(max(v, low), high); NaN stays.
INLINE vec clamped(vec v, vec low, vec high) {
  v = low > v ? low : v;
  return high < v ? high : v;
}
