// The larger and the smaller of two registers, and a register held between two, lane by lane.
#pragma once

// NaN wins: where the first is NaN it is taken, and a comparison does not let go of a NaN in the
// second.
INLINE vec larger(vec a, vec b) { return ((a > b) | (a != a)) ? a : b; }
INLINE vec smaller(vec a, vec b) { return ((a < b) | (a != a)) ? a : b; }

/// min(max(v, low), high); NaN stays.
INLINE vec clamped(vec v, vec low, vec high) {
  v = low > v ? low : v;
  return high < v ? high : v;
}
