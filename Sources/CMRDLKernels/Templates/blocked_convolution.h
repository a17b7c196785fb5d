// Convolution of blocked tensors: tiles of up to TILE_ROWS pixels × TILE_VECTORS blocks of output
// channels that stay in registers while channels and taps run. The pixels are of one row, or as many of
// each of two rows where a row is short. A product of matrices in the same layout is the case of one tap.

#include "taps.h"
#include "tile_heights.h"

#define PANEL (TILE_VECTORS * LANES)
/// Panels of fewer lines are read before anything could have brought them.
#define LEAST_LINES 64

typedef struct {
  const mrdl_blocked_product *product;
  const real *input;
  const real *weights;
  real *output;
  const real *bias, *residual;
  /// What is brought into the second cache meanwhile: so many lines for each tap of each block.
  const real *ahead;
  size_t ahead_lines;
} tile_arguments;

/// One step of the depth: the outputs of `vectors` blocks at `height` pixels. From pixel `first_row` on
/// they are of a second row, `turn` further on than they would be in the first.
INLINE void tile_step(const int height, const int vectors, const int first_row, const size_t turn,
                      const size_t column_step, const real *input, const real *weights,
                      vec sum[TILE_ROWS][TILE_VECTORS]) {
  vec right[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) right[j] = load(weights + j * LANES);
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    const vec left = (vec)input[(size_t)i * column_step + (i < first_row ? 0 : turn)];
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = mul_add(left, right[j], sum[i][j]);
  }
}

/// One tile of `height` pixels, `first_row` of them in its first row. The constants are known where this is
/// inlined.
INLINE void tile(const int height, const int first_row, const int vectors, const int planes,
                 const tile_arguments *t) {
  const mrdl_blocked_product *p = t->product;
  vec sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) {
    const vec bias = t->bias ? load(t->bias + j * LANES) : (vec)0;
#pragma clang loop unroll(full)
    for (int i = 0; i < height; i++) sum[i][j] = bias;
  }

  const size_t column_step = planes ? 1 : LANES;
  const size_t turn = p->input_row_stride - (size_t)first_row * column_step;
  const size_t taps = p->taps;
  const size_t *offsets = p->tap_offsets;
  const real *block = t->input, *weights = t->weights, *ahead = t->ahead;
  size_t channels = p->channels;
  while (channels > 0) {
    const size_t lanes = planes ? 1 : channels < LANES ? channels : LANES;
    for (size_t tap = 0; tap < taps; tap++) {
      const real *input = block + offsets[tap];
      if (planes) {
        tile_step(height, vectors, first_row, turn, column_step, input, weights, sum);
        weights += vectors * LANES;
      } else {
#pragma clang loop unroll_count(4)
        for (size_t lane = lanes; lane > 0; lane--) {
          tile_step(height, vectors, first_row, turn, column_step, input, weights, sum);
          input++;
          weights += vectors * LANES;
        }
        for (size_t line = t->ahead_lines; line > 0; line--) {
          __builtin_prefetch(ahead, 0, 2);
          ahead += LINE;
        }
      }
    }
    block += p->input_block_stride;
    channels -= lanes;
  }

  const size_t stride = p->output_block_stride;
  if (t->residual) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
#pragma clang loop unroll(full)
      for (int i = 0; i < height; i++) {
        sum[i][j] = sum[i][j] + load(t->residual + (size_t)j * stride + i * LANES);
      }
    }
  }
  if (p->clamp) {
    const vec low = (vec)p->low, high = (vec)p->high;
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
#pragma clang loop unroll(full)
      for (int i = 0; i < height; i++) sum[i][j] = clamped(sum[i][j], low, high);
    }
  }
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < height; i++) {
      store(t->output + (size_t)j * stride + i * LANES, sum[i][j]);
    }
  }
}

#define TILES_OF_WIDTH(height, vectors)                                                     \
  static void tile_##height##_##vectors(const tile_arguments *t) {                          \
    tile(height, height, vectors, 0, t);                                                    \
  }                                                                                         \
  static void pair_tile_##height##_##vectors(const tile_arguments *t) {                     \
    if (2 * height <= TILE_ROWS) tile(2 * height, height, vectors, 0, t);                   \
  }                                                                                         \
  static void plane_tile_##height##_##vectors(const tile_arguments *t) {                    \
    tile(height, height, vectors, 1, t);                                                    \
  }
#if TILE_VECTORS > 2
#define TILES_OF_HEIGHT(height)                                                             \
  TILES_OF_WIDTH(height, 1) TILES_OF_WIDTH(height, 2) TILES_OF_WIDTH(height, 3)             \
  TILES_OF_WIDTH(height, 4)
#define TILES(name, height) \
  {name##_##height##_1, name##_##height##_2, name##_##height##_3, name##_##height##_4}
#else
#define TILES_OF_HEIGHT(height) TILES_OF_WIDTH(height, 1) TILES_OF_WIDTH(height, 2)
#define TILES(name, height) {name##_##height##_1, name##_##height##_2}
#endif

EACH_TILE_HEIGHT(TILES_OF_HEIGHT)

#define TILES_OF_BLOCKS(height) TILES(tile, height),
#define TILES_OF_PAIRS(height) TILES(pair_tile, height),
#define TILES_OF_PLANES(height) TILES(plane_tile, height),

typedef void (*tile_function)(const tile_arguments *);

/// By the pixels in a row − 1 and the blocks − 1.
static const tile_function block_tiles[TILE_ROWS][TILE_VECTORS] = {EACH_TILE_HEIGHT(TILES_OF_BLOCKS)};
static const tile_function pair_tiles[TILE_ROWS][TILE_VECTORS] = {EACH_TILE_HEIGHT(TILES_OF_PAIRS)};
static const tile_function plane_tiles[TILE_ROWS][TILE_VECTORS] = {EACH_TILE_HEIGHT(TILES_OF_PLANES)};

/// Computes the outputs of one panel: `vectors` blocks from `block` on.
///
/// Weights that were not read lately come from far, and a processor sees them coming too late. So those of
/// the panel after this one, `lines` of the caches at `ahead`, are brought into the second cache meanwhile:
/// each tile brings its share.
static void convolve_panel(const mrdl_blocked_product *p, size_t block, size_t vectors,
                           const real *ahead, size_t lines) {
  const size_t column_step = p->has_planes ? 1 : LANES;
  // The columns of a row are shared out evenly among as few tiles as can hold them.
  const size_t count = (p->columns + TILE_ROWS - 1) / TILE_ROWS;
  const size_t height = p->columns / count, taller = p->columns % count;
  const int has_pairs = !p->has_planes && 2 * p->columns <= TILE_ROWS
                        && p->output_row_stride == p->columns * LANES;
  const size_t steps = (p->channels + LANES - 1) / LANES * p->taps;
  const size_t share = steps * (has_pairs ? (p->rows + 1) / 2 : p->rows * count);
  tile_arguments t = {.product = p,
                      .weights = p->weights + block * LANES * p->channels * p->taps,
                      .bias = p->bias ? p->bias + block * LANES : 0,
                      .ahead = ahead,
                      .ahead_lines = lines > 0 ? (lines + share - 1) / share : 0};
  for (size_t row = 0; row < p->rows;) {
    const int is_pair = has_pairs && row + 1 < p->rows;
    const tile_function(*tiles)[TILE_VECTORS] = p->has_planes ? plane_tiles
                                                : is_pair     ? pair_tiles
                                                              : block_tiles;
    const real *input = p->input + row * p->input_row_stride;
    const size_t to = block * p->output_block_stride + row * p->output_row_stride;
    size_t column = 0;
    for (size_t i = 0; i < count; i++) {
      const size_t columns = height + (i < taller);
      t.input = input + column * column_step;
      t.output = p->output + to + column * LANES;
      t.residual = p->residual ? p->residual + to + column * LANES : 0;
      tiles[columns - 1][vectors - 1](&t);
      const size_t brought = t.ahead_lines * steps;
      t.ahead += brought * LINE;
      lines = brought < lines ? lines - brought : 0;
      if (lines == 0) t.ahead_lines = 0;
      column += columns;
    }
    row += is_pair ? 2 : 1;
  }
}

void KERNEL(blocked_convolve)(const mrdl_blocked_product *p) {
  const size_t depth = p->channels * p->taps;
  if (p->columns == 0) return;
  for (size_t block = p->first_block; block < p->last_block;) {
    const size_t left = p->last_block - block;
    const size_t vectors = left < TILE_VECTORS ? left : TILE_VECTORS;
    const size_t next = block + vectors;
    const real *ahead = next < p->last_block ? p->weights + next * LANES * depth : p->next_weights;
    const size_t lines = vectors * LANES * depth / LINE;
    convolve_panel(p, block, vectors, ahead, ahead && lines >= LEAST_LINES ? lines : 0);
    block = next;
  }
}

void KERNEL(blocked_pack_weights)(size_t outputs, size_t channels, size_t taps, int32_t has_planes,
                                  const real *weights, real *packed) {
  const size_t step = has_planes ? 1 : LANES;
  const size_t padded = (outputs + LANES - 1) / LANES * LANES;
  for (size_t first = 0; first < padded; first += PANEL) {
    const size_t width = padded - first < PANEL ? padded - first : PANEL;
    for (size_t block = 0; block < channels; block += step) {
      const size_t lanes = channels - block < step ? channels - block : step;
      for (size_t tap = 0; tap < taps; tap++) {
        for (size_t lane = 0; lane < lanes; lane++) {
          const real *from = weights + (block + lane) * taps + tap;
          for (size_t j = 0; j < width; j++) {
            const size_t output = first + j;
            packed[j] = output < outputs ? from[output * channels * taps] : 0;
          }
          packed += width;
        }
      }
    }
  }
}

/// Copies `count` elements that stand `step` apart.
INLINE void copy_apart(size_t count, const real *from, size_t step, real *to) {
#if LANES > 1
  if (step == 2 && count >= LANES) {
    for (size_t i = 0; i < count; i += LANES) {
      // The last whole register once more, over some elements that are there already.
      if (i + LANES > count) i = count - LANES;
      const real *p = from + 2 * i;
      store(to + i, even_then_odd_lanes(load(p), load(p + LANES - 1)));
    }
    return;
  }
#endif
  for (size_t i = 0; i < count; i++) to[i] = from[i * step];
}

void KERNEL(blocked_stage_rows)(const mrdl_window *w, int32_t has_planes, const real *input,
                                size_t row_step, size_t phases, size_t phase_width,
                                size_t first_row, size_t last_row, real *staged) {
  const size_t lanes = has_planes ? 1 : LANES;
  const size_t begin = w->begin.width, width = w->input.width, stride = w->stride.width;
  for (size_t row = first_row; row < last_row; row++) {
    real *to = staged + (row - first_row) * phases * phase_width * lanes;
    const size_t padded = row * row_step;
    if (padded < w->begin.height || padded - w->begin.height >= w->input.height) {
      __builtin_memset(to, 0, phases * phase_width * lanes * sizeof *to);
      continue;
    }
    const real *from = input + (padded - w->begin.height) * width * lanes;
    for (size_t phase = 0; phase < phases; phase++) {
      // Columns phase + i · stride of the padded row: zeros, then the input, then zeros.
      const span inside = columns_inside(phase, stride, begin, width, phase_width);
      const size_t first = inside.first, last = inside.last;
      if (first > 0) __builtin_memset(to, 0, first * lanes * sizeof *to);
      const real *source = from + (first * stride + phase - begin) * lanes;
      if (stride == 1) {
        __builtin_memcpy(to + first * lanes, source, (last - first) * lanes * sizeof *to);
      } else if (has_planes) {
        copy_apart(last - first, source, stride, to + first);
      } else {
        for (size_t i = first; i < last; i++, source += stride * LANES) {
          store(to + i * LANES, load(source));
        }
      }
      if (last < phase_width) {
        __builtin_memset(to + last * lanes, 0, (phase_width - last) * lanes * sizeof *to);
      }
      to += phase_width * lanes;
    }
  }
}
