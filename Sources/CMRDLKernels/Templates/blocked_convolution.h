// Convolution of blocked tensors: tiles of up to TILE_ROWS pixels × TILE_VECTORS blocks of output
// channels that stay in registers while channels and taps run. The pixels are of one row, or as many of
// each of two rows where a row is short. A product of matrices in the same layout is the case of one tap.

#include "taps.h"
#include "tile_heights.h"

#define PANEL (TILE_VECTORS * LANES)
#define MOST_SUMS (2 * TILE_VECTORS)
/// Rows of a tile whose last block is a half one: see `is_half_block`.
#define HALF_TILE_ROWS(vectors) \
  ((vectors) == 1 ? TILE_ROWS : TILE_ROWS * TILE_VECTORS / (2 * (vectors) - 1))

/// Whether the last block has so few of the output channels that a whole register for it would be half idle.
/// The registers of its panel hold half a block each: every lane has a neighbour for the same output
/// channel, one sums the even input channels and one the odd ones.
///
/// Of a single input channel nothing could be summed beside it, and the weights would take more room.
INLINE int is_half_block(size_t outputs, size_t channels, int32_t has_planes) {
  const size_t rest = outputs % LANES;
  return !has_planes && channels > 1 && rest > 0 && rest <= LANES / 2;
}

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

/// p[0], p[1], p[0], p[1], … or, of one element, p[0], 0, p[0], 0, …
INLINE vec alternating(const real *p, const int count) {
#if LANES > 1
  typedef uint64_t pairs __attribute__((ext_vector_type(LANES / 2)));
  uint64_t pair = 0;
  __builtin_memcpy(&pair, p, (size_t)count * sizeof *p);
  return (vec)(pairs)pair;
#else
  return count > 0 ? *p : 0;
#endif
}

/// One step of the depth: `vectors` registers of sums at `height` pixels. From pixel `first_row` on
/// they are of a second row, `turn` further on than they would be in the first.
///
/// - Parameter alternate: 0 for one input channel; otherwise there are so many of two in neighbouring lanes.
INLINE void tile_step(const int height, const int vectors, const int first_row,
                      const int alternate, const size_t turn, const size_t column_step,
                      const real *input, const real *weights, vec sum[TILE_ROWS][MOST_SUMS]) {
  vec right[MOST_SUMS];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) right[j] = load(weights + j * LANES);
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    const real *p = input + (size_t)i * column_step + (i < first_row ? 0 : turn);
    const vec left = alternate ? alternating(p, alternate) : (vec)*p;
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = mul_add(left, right[j], sum[i][j]);
  }
}

/// One tile of `height` pixels, `first_row` of them in its first row. The constants are known where this is
/// inlined.
///
/// - Parameter has_half: whether the last block is a half one.
INLINE void tile(const int height, const int first_row, const int vectors, const int planes,
                 const int has_half, const tile_arguments *t) {
  const mrdl_blocked_product *p = t->product;
  const int sums = has_half ? 2 * vectors - 1 : vectors;
  vec sum[TILE_ROWS][MOST_SUMS];
#pragma clang loop unroll(full)
  for (int j = 0; j < sums; j++) {
    const vec bias = t->bias && !has_half ? load(t->bias + j * LANES) : (vec)0;
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
        tile_step(height, sums, first_row, 0, turn, column_step, input, weights, sum);
        weights += sums * LANES;
      } else {
        const size_t step = has_half ? 2 : 1;
        size_t left = lanes;
#pragma clang loop unroll_count(4)
        for (; left >= step; left -= step) {
          const int alternate = has_half ? 2 : 0;
          tile_step(height, sums, first_row, alternate, turn, column_step, input, weights, sum);
          input += step;
          weights += sums * LANES;
        }
        if (left > 0) {
          tile_step(height, sums, first_row, 1, turn, column_step, input, weights, sum);
          weights += sums * LANES;
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

#if LANES > 1
  if (has_half) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
      const vec bias = t->bias ? load(t->bias + j * LANES) : (vec)0;
#pragma clang loop unroll(full)
      for (int i = 0; i < height; i++) {
        const vec first = sum[i][2 * j], second = 2 * j + 1 < sums ? sum[i][2 * j + 1] : (vec)0;
        sum[i][j] = sums_of_pairs(first, second) + bias;
      }
    }
  }
#endif
  // Stores of registers might change what an argument points to, as far as a compiler knows: these do not.
  const size_t stride = p->output_block_stride;
  real *const output = t->output;
  const real *const residual = t->residual;
  if (residual) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) {
#pragma clang loop unroll(full)
      for (int i = 0; i < height; i++) {
        sum[i][j] = sum[i][j] + load(residual + (size_t)j * stride + i * LANES);
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
      store(output + (size_t)j * stride + i * LANES, sum[i][j]);
    }
  }
}

#define TILES_OF_WIDTH(height, vectors)                                                     \
  static void tile_##height##_##vectors(const tile_arguments *t) {                          \
    tile(height, height, vectors, 0, 0, t);                                                 \
  }                                                                                         \
  static void half_tile_##height##_##vectors(const tile_arguments *t) {                     \
    if (height <= HALF_TILE_ROWS(vectors)) tile(height, height, vectors, 0, 1, t);          \
  }                                                                                         \
  static void pair_tile_##height##_##vectors(const tile_arguments *t) {                     \
    if (2 * height <= TILE_ROWS) tile(2 * height, height, vectors, 0, 0, t);                \
  }                                                                                         \
  static void plane_tile_##height##_##vectors(const tile_arguments *t) {                    \
    tile(height, height, vectors, 1, 0, t);                                                 \
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
#define TILES_OF_HALVES(height) TILES(half_tile, height),
#define TILES_OF_PAIRS(height) TILES(pair_tile, height),
#define TILES_OF_PLANES(height) TILES(plane_tile, height),

typedef void (*tile_function)(const tile_arguments *);

/// By the pixels in a row − 1 and the blocks − 1.
static const tile_function block_tiles[TILE_ROWS][TILE_VECTORS] = {EACH_TILE_HEIGHT(TILES_OF_BLOCKS)};
static const tile_function half_tiles[TILE_ROWS][TILE_VECTORS] = {EACH_TILE_HEIGHT(TILES_OF_HALVES)};
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
  const int has_half = (block + vectors) * LANES > p->outputs
                       && is_half_block(p->outputs, p->channels, p->has_planes);
  // The columns of a row are shared out evenly among as few tiles as can hold them.
  const size_t most = has_half ? (size_t)HALF_TILE_ROWS(vectors) : TILE_ROWS;
  const size_t count = (p->columns + most - 1) / most;
  const size_t height = p->columns / count, taller = p->columns % count;
  const int has_pairs = !p->has_planes && !has_half && 2 * p->columns <= TILE_ROWS
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
                                                : has_half    ? half_tiles
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
  const size_t most = has_planes ? 1 : LANES;
  const size_t padded = (outputs + LANES - 1) / LANES * LANES;
  for (size_t first = 0; first < padded; first += PANEL) {
    const size_t left = padded - first, width = left < PANEL ? left : PANEL;
    // A half block: each output channel in two neighbouring lanes, for two input channels.
    const size_t twos = left <= PANEL && is_half_block(outputs, channels, has_planes) ? 2 : 1;
    const size_t elements = twos == 2 ? 2 * width - LANES : width;
    for (size_t block = 0; block < channels; block += most) {
      const size_t lanes = channels - block < most ? channels - block : most;
      for (size_t tap = 0; tap < taps; tap++) {
        for (size_t lane = 0; lane < lanes; lane += twos) {
          for (size_t j = 0; j < elements; j++) {
            const size_t output = first + j / twos, k = lane + j % twos;
            const int is_there = output < outputs && k < lanes;
            packed[j] = is_there ? weights[(output * channels + block + k) * taps + tap] : 0;
          }
          packed += elements;
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
