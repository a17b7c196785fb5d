// Squares of LANES rows and LANES columns, transposed in registers.
#pragma once

#if LANES > 1
/// Rows become columns: two halves of the rows become one by pairs, once for each halving of LANES.
INLINE void transpose(vec *rows) {
#pragma clang loop unroll(full)
  for (int n = LANES; n > 1; n /= 2) {
    vec paired[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++) {
      paired[2 * i] = first_pairs(rows[i], rows[i + LANES / 2]);
      paired[2 * i + 1] = last_pairs(rows[i], rows[i + LANES / 2]);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) rows[i] = paired[i];
  }
}

/// Reads LANES neighbours of each of `count` rows and transposes them; in place of rows that are not
/// there the last one is read.
INLINE void load_transposed(const real *from, size_t row_stride, size_t count, vec *columns) {
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++) {
    columns[i] = load(from + (i < count ? i : count - 1) * row_stride);
  }
  transpose(columns);
}
#endif
