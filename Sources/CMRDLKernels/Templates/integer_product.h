// Products and convolutions of whole numbers of eight bits, or of bfloat16: tiles of up to TILE_ROWS pixels ×
// TILE_VECTORS blocks of output channels that stay in registers while channels and taps run.

#include "tile_heights.h"

typedef struct {
  const mrdl_integer_product *product;
  const uint8_t *input;
  const int8_t *weights;
  /// The first output channel, and the element of the output.
  size_t channel, at;
} integer_tile;

/// One group of the depth: the outputs of `vectors` blocks at `height` pixels.
INLINE void integer_step(const int height, const int vectors, const size_t column_stride,
                         const uint8_t *input, const int8_t *weights,
                         sums sum[TILE_ROWS][TILE_VECTORS]) {
  right_bytes right[TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) right[j] = right_of(weights + j * LANES * GROUP);
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
    const left_bytes left = left_of(input + (size_t)i * column_stride);
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) sum[i][j] = dot(sum[i][j], left, right[j]);
  }
}

/// Writes the results of a tile from its sums.
INLINE void finish_tile(const int height, const int vectors, const mrdl_integer_result result,
                        const integer_tile *t, const sums sum[TILE_ROWS][TILE_VECTORS]) {
  const mrdl_integer_product *p = t->product;
  for (int j = 0; j < vectors; j++) {
    const size_t channel = t->channel + (size_t)j * LANES;
    const size_t left = p->output_channels - channel;
    size_t at = t->at + (size_t)j * p->output_block_stride;
    if (left >= LANES) {
      for (int i = 0; i < height; i++, at += p->output_column_stride) {
        finish(&p->ending, result, sum[i][j], channel, LANES, p->output, at);
      }
    } else {
      for (int i = 0; i < height; i++, at += p->output_column_stride) {
        finish(&p->ending, result, sum[i][j], channel, left, p->output, at);
      }
    }
  }
}

/// Not inlined: sums of all heights come here through memory that stays in the first cache.
static __attribute__((noinline)) void finish_sums(int height, int vectors, const integer_tile *t,
                                                  const sums sum[TILE_ROWS][TILE_VECTORS]) {
#ifdef BFLOAT16
  finish_tile(height, vectors, MRDL_INTEGER_REAL, t, sum);
#else
  switch (t->product->ending.result) {
    case MRDL_INTEGER_SUM: return finish_tile(height, vectors, MRDL_INTEGER_SUM, t, sum);
    case MRDL_INTEGER_REAL: return finish_tile(height, vectors, MRDL_INTEGER_REAL, t, sum);
    case MRDL_INTEGER_U8: return finish_tile(height, vectors, MRDL_INTEGER_U8, t, sum);
    case MRDL_INTEGER_I8: return finish_tile(height, vectors, MRDL_INTEGER_I8, t, sum);
  }
#endif
}

/// One tile. The three constants are known where this is inlined.
///
/// - Parameter blocked: whether columns stand side by side in blocks; if not, where the product says.
INLINE void integer_tile_of(const int height, const int vectors, const int blocked,
                            const integer_tile *t) {
  const mrdl_integer_product *p = t->product;
  sums sum[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int j = 0; j < vectors; j++) {
#ifdef BFLOAT16
    const vec bias = (vec)0;
#else
    const ivec bias = load_ints(p->ending.bias + t->channel + (size_t)j * LANES);
#endif
#pragma clang loop unroll(full)
    for (int i = 0; i < height; i++) sum[i][j] = bias;
  }

  const size_t column_stride = blocked ? BLOCK : p->input_column_stride;
  const size_t step = (size_t)vectors * LANES * GROUP;
  const uint8_t *block = t->input;
  const int8_t *weights = t->weights;
  // In bytes.
  size_t channels = p->channels * UNIT;
  for (; channels >= BLOCK; channels -= BLOCK) {
    for (size_t tap = 0; tap < p->taps; tap++) {
      const uint8_t *input = block + p->tap_offsets[tap];
#pragma clang loop unroll(full)
      for (int group = 0; group < BLOCK / GROUP; group++) {
        integer_step(height, vectors, column_stride, input, weights, sum);
        input += GROUP;
        weights += step;
      }
    }
    block += p->input_block_stride;
  }
  if (channels > 0) {
    const size_t groups = (channels + GROUP - 1) / GROUP;
    for (size_t tap = 0; tap < p->taps; tap++) {
      const uint8_t *input = block + p->tap_offsets[tap];
      for (size_t group = 0; group < groups; group++) {
        integer_step(height, vectors, column_stride, input, weights, sum);
        input += GROUP;
        weights += step;
      }
    }
  }

  // A copy whose address is known to others, so that the sums need not lie in memory before.
  sums done[TILE_ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int i = 0; i < height; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < vectors; j++) done[i][j] = sum[i][j];
  }
  finish_sums(height, vectors, t, (const sums(*)[TILE_VECTORS])done);
}

#define INTEGER_TILE(height, vectors)                                        \
  static void integer_tile_##height##_##vectors(const integer_tile *t) {     \
    integer_tile_of(height, vectors, 0, t);                                  \
  }                                                                          \
  static void blocked_integer_tile_##height##_##vectors(const integer_tile *t) { \
    integer_tile_of(height, vectors, 1, t);                                  \
  }
#if TILE_VECTORS > 2
#define INTEGER_TILES_OF_HEIGHT(height)           \
  INTEGER_TILE(height, 1) INTEGER_TILE(height, 2) \
  INTEGER_TILE(height, 3) INTEGER_TILE(height, 4)
#define TILES_NAMED(name, height) \
  {name##_##height##_1, name##_##height##_2, name##_##height##_3, name##_##height##_4},
#else
#define INTEGER_TILES_OF_HEIGHT(height) INTEGER_TILE(height, 1) INTEGER_TILE(height, 2)
#define TILES_NAMED(name, height) {name##_##height##_1, name##_##height##_2},
#endif

EACH_TILE_HEIGHT(INTEGER_TILES_OF_HEIGHT)

#define ROWS_OF_TILES(height) TILES_NAMED(integer_tile, height)
#define BLOCKS_OF_TILES(height) TILES_NAMED(blocked_integer_tile, height)

/// By the kind of input, the height − 1 and the blocks − 1.
static void (*const integer_tiles[2][TILE_ROWS][TILE_VECTORS])(const integer_tile *) = {
    {EACH_TILE_HEIGHT(ROWS_OF_TILES)}, {EACH_TILE_HEIGHT(BLOCKS_OF_TILES)}};

static void KERNEL(product)(const mrdl_integer_product *p) {
  integer_tile t = {.product = p};
  const size_t depth = (p->channels * UNIT + GROUP - 1) / GROUP * GROUP * p->taps;
  // The columns of a row are shared out evenly among as few tiles as can hold them.
  const size_t count = (p->columns + TILE_ROWS - 1) / TILE_ROWS;
  if (count == 0) return;
  const size_t height = p->columns / count, taller = p->columns % count;
  const int blocked = p->input_column_stride == BLOCK;
  for (size_t block = p->first_block; block < p->last_block; block += TILE_VECTORS) {
    size_t vectors = p->last_block - block;
    if (vectors > TILE_VECTORS) vectors = TILE_VECTORS;
    t.channel = block * LANES;
    t.weights = p->weights + t.channel * depth;
    for (size_t row = 0; row < p->rows; row++) {
      size_t column = 0;
      for (size_t i = 0; i < count; i++) {
        const size_t columns = height + (i < taller);
        t.input = p->input + row * p->input_row_stride + column * p->input_column_stride;
        t.at = block * p->output_block_stride + row * p->output_row_stride +
               column * p->output_column_stride;
        integer_tiles[blocked][columns - 1][vectors - 1](&t);
        column += columns;
      }
    }
  }
}
