// The larger and the smaller of two registers, lane by lane.
#pragma once

// NaN wins: where the first is NaN it is taken, and a comparison does not let go of a NaN in the
// second.
INLINE vec larger(vec a, vec b) { return ((a > b) | (a != a)) ? a : b; }
INLINE vec smaller(vec a, vec b) { return ((a < b) | (a != a)) ? a : b; }
