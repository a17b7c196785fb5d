// Products whose right matrix has rows that are shifted views of the same planes: convolutions at stride 1
// over planes with their padding around them.

#include "extremes.h"
#include "panels.h"
#include "tile_heights.h"

typedef struct {
  size_t depth;
  /// `rows` elements for each step of the depth.
  const real *a;
  /// Element (k, 0) stands at b + offsets[k].
  const real *b;
  const ptrdiff_t *offsets;
  real *c;
  size_t c_stride;
  const real *row_bias, *bounds;
} shifted_tile_arguments;

/// One tile. The two constants are known where this is inlined.
INLINE void shifted_tile(const int rows, const int vectors, const shifted_tile_arguments *t) {
  vec sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
    const vec bias = (vec)(t->row_bias ? t->row_bias[i] : 0);
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = bias;
  }
  const real *a = t->a;
  const ptrdiff_t *offsets = t->offsets;
  for (size_t k = t->depth; k > 0; k--) {
    const real *b = t->b + *offsets++;
    vec right[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) right[j] = load(b + j * LANES);
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const vec left = (vec)a[i];
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = mul_add(left, right[j], sum[i][j]);
    }
    a += rows;
  }
  if (t->bounds) {
    const vec low = (vec)t->bounds[0], high = (vec)t->bounds[1];
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = clamped(sum[i][j], low, high);
    }
  }
  real *const c = t->c;
  const size_t c_stride = t->c_stride;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      store(c + (size_t)i * c_stride + j * LANES, sum[i][j]);
    }
  }
}

#define SHIFTED_TILES_OF_HEIGHT(rows)                                                        \
  static void wide_tile_##rows(const shifted_tile_arguments *t) {                            \
    shifted_tile(rows, TILE_VECTORS, t);                                                     \
  }                                                                                          \
  static void narrow_tile_##rows(const shifted_tile_arguments *t) { shifted_tile(rows, 1, t); }
#define SHIFTED_TILES(rows) {wide_tile_##rows, narrow_tile_##rows},

EACH_TILE_HEIGHT(SHIFTED_TILES_OF_HEIGHT)

/// By height − 1, then TILE_VECTORS registers side by side or one.
static void (*const shifted_tiles[TILE_ROWS][2])(const shifted_tile_arguments *) = {
    EACH_TILE_HEIGHT(SHIFTED_TILES)};

void KERNEL(shifted_product)(size_t rows, size_t first_panel, size_t last_panel, size_t columns,
                             size_t depth, const real *a, const real *b, const ptrdiff_t *offsets,
                             real *c, size_t c_row_stride, const real *row_bias,
                             const real *bounds) {
  const panels p = panels_of(rows);
  shifted_tile_arguments t = {
      .depth = depth, .offsets = offsets, .c_stride = c_row_stride, .bounds = bounds};
  for (size_t column = 0; column < columns;) {
    const int is_narrow = columns - column <= (TILE_VECTORS - 1) * LANES || TILE_VECTORS == 1;
    t.b = b + column;
    for (size_t panel = first_panel; panel < last_panel; panel++) {
      const size_t row = first_row(p, panel);
      t.a = a + row * depth;
      t.c = c + row * c_row_stride + column;
      t.row_bias = row_bias ? row_bias + row : 0;
      shifted_tiles[height_of(p, panel) - 1][is_narrow](&t);
    }
    column += is_narrow ? LANES : TILE_COLUMNS;
  }
}

void KERNEL(copy_rows)(size_t rows, size_t columns, const real *from, size_t from_stride, real *to,
                       size_t to_stride) {
  if (from_stride == columns && to_stride == columns) {
    columns *= rows;
    rows = 1;
  }
  for (; rows > 0; rows--, from += from_stride, to += to_stride) {
    size_t i = 0;
    for (; i + LANES <= columns; i += LANES) store(to + i, load(from + i));
    if (i < columns) store_part(to + i, load_part(from + i, columns - i), columns - i);
  }
}
