// Convolutions at stride 1 of planes: tiles of up to TILE_ROWS output channels × TILE_VECTORS registers of
// neighbouring outputs that stay in registers while the depth runs.
//
// A register holds outputs of one row or, where a row ends with no more than half a register, the ends of
// two rows: that planes are narrow leaves few lanes idle.

#include "../include/mrdl_kernels.h"
#include "extremes.h"
#include "panels.h"
#include "tile_heights.h"

/// Half a register.
#define HALF (LANES / 2)

#if LANES > 1
typedef real half_vec __attribute__((ext_vector_type(HALF)));
#else
typedef real half_vec;
#endif

INLINE vec load_halves(const real *low, const real *high) {
  half_vec halves[2];
  __builtin_memcpy(&halves[0], low, sizeof(half_vec));
  __builtin_memcpy(&halves[1], high, sizeof(half_vec));
  vec v;
  __builtin_memcpy(&v, halves, sizeof v);
  return v;
}

INLINE void store_halves(real *low, real *high, vec v) {
  __builtin_memcpy(low, &v, HALF * sizeof *low);
  __builtin_memcpy(high, (const char *)&v + HALF * sizeof *low, HALF * sizeof *low);
}

typedef struct {
  const ROW_CONVOLUTION_OF(MRDL_TYPE) *convolution;
  const real *weights, *bias;
  /// Where the first tap of each register, or of both halves of each, lies.
  const real *from[2 * TILE_VECTORS];
  real *to[2 * TILE_VECTORS];
} row_tile_arguments;

/// One tile. The two constants are known where this is inlined.
INLINE void row_tile(const int height, const int halves, const row_tile_arguments *t) {
  const ROW_CONVOLUTION_OF(MRDL_TYPE) *c = t->convolution;
  vec sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    const vec bias = (vec)(t->bias ? t->bias[i] : 0);
#pragma clang loop unroll(full)
    for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = bias;
  }
  const real *weights = t->weights;
  const size_t *offsets = c->offsets;
  for (size_t k = c->depth; k > 0; k--) {
    const size_t offset = *offsets++;
    vec right[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int j = 0; j < TILE_VECTORS; j++) {
      right[j] = halves ? load_halves(t->from[2 * j] + offset, t->from[2 * j + 1] + offset)
                        : load(t->from[j] + offset);
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < height; i++) {
      const vec left = (vec)weights[i];
#pragma clang loop unroll(full)
      for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = mul_add(left, right[j], sum[i][j]);
    }
    weights += height;
  }
  if (c->clamp) {
    const vec low = (vec)c->low, high = (vec)c->high;
#pragma clang loop unroll(full)
    for (int i = 0; i < height; i++) {
#pragma clang loop unroll(full)
      for (int j = 0; j < TILE_VECTORS; j++) sum[i][j] = clamped(sum[i][j], low, high);
    }
  }
  real *to[2 * TILE_VECTORS];
  __builtin_memcpy(to, t->to, sizeof to);
  const size_t plane_stride = c->output_plane_stride;
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    const size_t plane = (size_t)i * plane_stride;
#pragma clang loop unroll(full)
    for (int j = 0; j < TILE_VECTORS; j++) {
      if (halves) {
        store_halves(to[2 * j] + plane, to[2 * j + 1] + plane, sum[i][j]);
      } else {
        store(to[j] + plane, sum[i][j]);
      }
    }
  }
}

#define ROW_TILES_OF_HEIGHT(rows)                                                         \
  static void whole_tile_##rows(const row_tile_arguments *t) { row_tile(rows, 0, t); }    \
  static void halves_tile_##rows(const row_tile_arguments *t) { row_tile(rows, 1, t); }
#define ROW_TILES(rows) {whole_tile_##rows, halves_tile_##rows},

EACH_TILE_HEIGHT(ROW_TILES_OF_HEIGHT)

/// By height − 1, then registers of one row or of two halves.
static void (*const row_tiles[TILE_ROWS][2])(const row_tile_arguments *) = {
    EACH_TILE_HEIGHT(ROW_TILES)};

/// Computes `count` places of every row, `step` apart, but the last of them at `last`.
INLINE void convolve_places(const int halves, size_t height, size_t count, size_t step, size_t last,
                            row_tile_arguments *t) {
  const ROW_CONVOLUTION_OF(MRDL_TYPE) *c = t->convolution;
  const size_t wanted = halves ? 2 * TILE_VECTORS : TILE_VECTORS;
  size_t filled = 0;
  for (size_t row = 0; row < c->rows; row++) {
    for (size_t i = 0; i < count; i++) {
      const size_t column = count - i == 1 ? last : i * step;
      t->from[filled] = c->input + row * c->input_row_stride + column;
      t->to[filled] = c->output + row * c->output_row_stride + column;
      if (++filled == wanted) {
        row_tiles[height - 1][halves](t);
        filled = 0;
      }
    }
  }
  if (filled == 0) return;
  // What is left of a tile computes its last place again.
  for (size_t j = filled; j < wanted; j++) {
    t->from[j] = t->from[filled - 1];
    t->to[j] = t->to[filled - 1];
  }
  row_tiles[height - 1][halves](t);
}

void KERNEL(convolve_rows)(const ROW_CONVOLUTION_OF(MRDL_TYPE) *c) {
  const size_t columns = c->columns;
  // Whole registers of a row, the last one maybe over outputs that are there already, and halves.
  size_t wholes = columns / LANES, halves = 0;
  const size_t rest = columns % LANES;
  if (rest > 0 && rest <= HALF) {
    halves = 1;
  } else if (rest > 0 && wholes > 0) {
    wholes++;
  } else if (rest > 0) {
    halves = 2;
  }
  const size_t last = halves == 1 ? (wholes - 1) * LANES : columns - LANES;
  const panels p = panels_of(c->channels);
  const size_t panel_count = (c->channels + TILE_ROWS - 1) / TILE_ROWS;
  ROW_CONVOLUTION_OF(MRDL_TYPE) part = *c;
  row_tile_arguments t = {.convolution = &part};
  for (size_t panel = 0; panel < panel_count; panel++) {
    const size_t first = first_row(p, panel);
    t.weights = c->weights + first * c->depth;
    t.bias = c->bias ? c->bias + first : 0;
    part.output = c->output + first * c->output_plane_stride;
    const size_t height = height_of(p, panel);
    if (wholes > 0) convolve_places(0, height, wholes, LANES, last, &t);
    if (halves > 0) convolve_places(1, height, halves, HALF, columns - HALF, &t);
  }
}
