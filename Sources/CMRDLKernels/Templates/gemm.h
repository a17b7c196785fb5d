// The inner part of a matrix product: tiles of up to TILE_ROWS × TILE_COLUMNS elements that stay in
// registers while the depth runs.

#include "../include/mrdl_kernels.h"
#include "extremes.h"
#include "panels.h"
#include "tile_heights.h"

#define BLOCK_(type) mrdl_##type##_gemm_block
#define BLOCK_OF(type) BLOCK_(type)
#define BLOCK BLOCK_OF(MRDL_TYPE)

typedef struct {
  size_t depth;
  /// `rows` elements for each step of the depth.
  const real *a;
  /// Up to TILE_COLUMNS elements for each step, `b_stride` apart.
  const real *b;
  size_t b_stride;
  real *c;
  size_t c_stride;
  /// Columns of the last register that are stored.
  size_t last_columns;
  const real *row_bias, *column_bias;
  /// As c lies; may be c.
  const real *residual;
  int accumulate, clamp;
  real low, high;
  /// What is brought into the second cache meanwhile: a line for each step, so many elements apart.
  const real *ahead;
  size_t ahead_step;
} tile_arguments;

/// One tile. The three constants are known where this is inlined.
///
/// - Parameters:
///   - rows: height, 1 to TILE_ROWS.
///   - vectors: registers side by side, 1 to TILE_VECTORS.
///   - partial: whether only `last_columns` of the last register exist in c.
INLINE void tile(const int rows, const int vectors, const int partial, const tile_arguments *t) {
  vec sum[TILE_ROWS][TILE_VECTORS];
  const size_t last = t->last_columns;
  if (t->accumulate) {
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) {
        const real *c = t->c + (size_t)i * t->c_stride + j * LANES;
        sum[i][j] = partial && j == vectors - 1 ? load_part(c, last) : load(c);
      }
    }
  } else {
    vec column[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      column[j] = (vec)0;
      if (t->column_bias) {
        const real *bias = t->column_bias + j * LANES;
        column[j] = partial && j == vectors - 1 ? load_part(bias, last) : load(bias);
      }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
      const vec row = (vec)(t->row_bias ? t->row_bias[i] : 0);
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = row + column[j];
    }
    if (t->residual) {
#pragma clang loop unroll(full)
      for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < vectors; j++) {
          const real *r = t->residual + (size_t)i * t->c_stride + j * LANES;
          sum[i][j] += partial && j == vectors - 1 ? load_part(r, last) : load(r);
        }
      }
    }
  }

  const real *a = t->a, *b = t->b;
  const size_t b_stride = t->b_stride, ahead_step = t->ahead_step;
  const real *ahead = t->ahead;
#pragma clang loop unroll_count(2)
  for (size_t k = t->depth; k > 0; k--) {
    // Fewer rows take no longer than their panel takes to arrive.
    if (rows > TILE_ROWS / 2) {
      __builtin_prefetch(ahead, 0, 2);
      ahead += ahead_step;
    }
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
    b += b_stride;
  }

  if (t->clamp) {
    const vec low = (vec)t->low, high = (vec)t->high;
#pragma clang loop unroll(full)
    for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
      for (int j = 0; j < vectors; j++) sum[i][j] = clamped(sum[i][j], low, high);
    }
  }
  real *const start = t->c;
  const size_t c_stride = t->c_stride;
#pragma clang loop unroll(full)
  for (int i = 0; i < rows; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      real *c = start + (size_t)i * c_stride + j * LANES;
      if (partial && j == vectors - 1) {
        store_part(c, sum[i][j], last);
      } else {
        store(c, sum[i][j]);
      }
    }
  }
}

#define TILES_OF_HEIGHT(rows)                                                                \
  static void full_tile_##rows(const tile_arguments *t) { tile(rows, TILE_VECTORS, 0, t); }  \
  static void partial_tile_1_##rows(const tile_arguments *t) { tile(rows, 1, 1, t); }        \
  static void partial_tile_2_##rows(const tile_arguments *t) { tile(rows, 2, 1, t); }        \
  TILES_OF_HEIGHT_BEYOND_2(rows)
#if TILE_VECTORS > 2
#define TILES_OF_HEIGHT_BEYOND_2(rows)                                                       \
  static void partial_tile_3_##rows(const tile_arguments *t) { tile(rows, 3, 1, t); }        \
  static void partial_tile_4_##rows(const tile_arguments *t) { tile(rows, 4, 1, t); }
#define TILES(rows)                                                                          \
  {full_tile_##rows, partial_tile_1_##rows, partial_tile_2_##rows, partial_tile_3_##rows,    \
   partial_tile_4_##rows},
#else
#define TILES_OF_HEIGHT_BEYOND_2(rows)
#define TILES(rows) {full_tile_##rows, partial_tile_1_##rows, partial_tile_2_##rows},
#endif

EACH_TILE_HEIGHT(TILES_OF_HEIGHT)

/// By height − 1, then the whole tile, or by the registers of a partial one.
static void (*const tiles[TILE_ROWS][TILE_VECTORS + 1])(const tile_arguments *) = {
    EACH_TILE_HEIGHT(TILES)};

void KERNEL(gemm_block)(const BLOCK *block) {
  const panels p = panels_of(block->rows);
  tile_arguments t = {
      .depth = block->depth,
      .b_stride = block->b_row_stride,
      .c_stride = block->c_row_stride,
      .accumulate = block->accumulate,
      .clamp = block->clamp,
      .low = block->low,
      .high = block->high,
  };
  // The lines of a panel are shared out to the tiles that are multiplied with the one before; a single tile
  // brings some of them, and the processor those beside.
  const size_t fetching_passes = (TILE_COLUMNS + LINE - 1) / LINE;
  const int is_alone = block->last_panel - block->first_panel == 1;
  const real *b = block->b;
  for (size_t column = 0; column < block->columns; column += TILE_COLUMNS) {
    const size_t columns = block->columns - column;
    // 0 for a whole tile.
    size_t vectors = 0;
    if (columns < TILE_COLUMNS) {
      vectors = (columns + LANES - 1) / LANES;
      t.last_columns = columns - (vectors - 1) * LANES;
    }
    t.b = b;
    t.column_bias = block->column_bias ? block->column_bias + column : 0;
    for (size_t panel = block->first_panel; panel < block->last_panel; panel++) {
      const size_t row = first_row(p, panel);
      t.a = block->a + row * block->depth;
      t.c = block->c + row * block->c_row_stride + column;
      t.row_bias = block->row_bias ? block->row_bias + row : 0;
      t.residual =
          block->residual ? block->residual + row * block->c_row_stride + column : 0;
      const size_t pass = panel - block->first_panel;
      const int fetches = block->fetch_b && pass < fetching_passes;
      t.ahead = fetches ? b + block->b_panel_stride + pass * block->depth * LINE : b;
      t.ahead_step = fetches ? LINE * (is_alone ? fetching_passes : 1) : 0;
      tiles[height_of(p, panel) - 1][vectors](&t);
    }
    b += block->b_panel_stride;
  }
}
