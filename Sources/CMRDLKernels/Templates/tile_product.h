// Products of bfloat16 by a processor's unit for tiles: eight registers of 16 rows of 64 bytes, and an
// instruction that multiplies two of them and sums into a third.
//
// The sums of a tile are those of a run of pixels for a block of output channels. Some runs and the two blocks of a
// panel are summed together, so that what is loaded is used more than once and no instruction waits for the one
// before it.

/// Pixels of a run, pairs of channels in a block of the depth, and bytes of a line of the caches.
#define RUN 16
#define PAIRS (INPUT_LANES / 2)
#define LINE_BYTES 64

/// Runs that are summed together: two, or three where a row is so short that two would wait for their sums.
#define MOST_RUNS 3
#define SHORT_RUN 8

/// What a register is.
enum {
  SUMS_0_0 = 0,
  SUMS_0_1 = 1,
  SUMS_1_0 = 2,
  SUMS_1_1 = 3,
  // Of one run or two:
  LEFT_0 = 4,
  LEFT_1 = 5,
  RIGHT_0 = 6,
  RIGHT_1 = 7,
  // Of three:
  SUMS_2_0 = 4,
  SUMS_2_1 = 5,
  LEFT = 6,
  RIGHT = 7,
};

/// As the processor reads it: how many rows of how many bytes each register has.
typedef struct {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} register_shapes;

/// Pixels side by side in one row.
typedef struct {
  const uint8_t *input;
  /// The element of the output.
  size_t at;
  size_t count;
} pixel_run;

/// What is summed together: some runs of pixels for a panel.
typedef struct {
  const mrdl_integer_product *product;
  pixel_run runs[MOST_RUNS];
  const int8_t *weights;
  size_t block;
  /// What is brought into the second cache meanwhile: so many lines for each step of the depth.
  const int8_t *ahead;
  size_t ahead_lines;
} run_sums;

INLINE void set_shape(register_shapes *s, int index, size_t rows, size_t row_bytes) {
  s->rows[index] = (uint8_t)rows;
  s->row_bytes[index] = (uint16_t)row_bytes;
}

/// Shapes the registers, which become zero. Three runs are of one length.
INLINE void shape_registers(const int runs, const run_sums *t) {
  register_shapes s = {.palette = 1};
  const size_t right_bytes = LANES * GROUP;
  for (int i = 0; i < runs; i++) {
    const size_t count = t->runs[i].count;
    for (int j = 0; j < 2; j++) set_shape(&s, SUMS_0_0 + 2 * i + j, count, LANES * sizeof(real));
    set_shape(&s, runs > 2 ? LEFT : LEFT_0 + i, count, BLOCK);
  }
  set_shape(&s, RIGHT, PAIRS, right_bytes);
  if (runs < 3) set_shape(&s, RIGHT_0, PAIRS, right_bytes);
  _tile_loadconfig(&s);
}

/// Sums over the depth. The constants are known where this is inlined.
INLINE void sum_runs(const int runs, const int vectors, const run_sums *t) {
  const mrdl_integer_product *p = t->product;
  const size_t column_stride = p->input_column_stride;
  const size_t right_bytes = LANES * GROUP, step = (size_t)vectors * right_bytes;
  const uint8_t *first = t->runs[0].input;
  const ptrdiff_t second = runs > 1 ? t->runs[1].input - first : 0;
  const ptrdiff_t third = runs > 2 ? t->runs[2].input - first : 0;
  const int8_t *weights = t->weights, *ahead = t->ahead;
  for (size_t left = p->channels / INPUT_LANES; left > 0; left--, first += p->input_block_stride) {
    for (size_t tap = 0; tap < p->taps; tap++, weights += PAIRS * step) {
      const uint8_t *input = first + p->tap_offsets[tap];
      for (size_t line = t->ahead_lines; line > 0; line--, ahead += LINE_BYTES) {
        __builtin_prefetch(ahead, 0, 2);
      }
      if (runs > 2) {
        _tile_loadd(RIGHT, weights, step);
        _tile_loadd(LEFT, input, column_stride);
        _tile_dpbf16ps(SUMS_0_0, LEFT, RIGHT);
        _tile_loadd(LEFT, input + second, column_stride);
        _tile_dpbf16ps(SUMS_1_0, LEFT, RIGHT);
        _tile_loadd(LEFT, input + third, column_stride);
        _tile_dpbf16ps(SUMS_2_0, LEFT, RIGHT);
        if (vectors > 1) {
          _tile_loadd(RIGHT, weights + right_bytes, step);
          _tile_dpbf16ps(SUMS_2_1, LEFT, RIGHT);
          _tile_loadd(LEFT, input, column_stride);
          _tile_dpbf16ps(SUMS_0_1, LEFT, RIGHT);
          _tile_loadd(LEFT, input + second, column_stride);
          _tile_dpbf16ps(SUMS_1_1, LEFT, RIGHT);
        }
      } else {
        _tile_loadd(RIGHT_0, weights, step);
        _tile_loadd(LEFT_0, input, column_stride);
        _tile_dpbf16ps(SUMS_0_0, LEFT_0, RIGHT_0);
        if (vectors > 1) {
          _tile_loadd(RIGHT_1, weights + right_bytes, step);
          _tile_dpbf16ps(SUMS_0_1, LEFT_0, RIGHT_1);
        }
        if (runs > 1) {
          _tile_loadd(LEFT_1, input + second, column_stride);
          _tile_dpbf16ps(SUMS_1_0, LEFT_1, RIGHT_0);
          if (vectors > 1) _tile_dpbf16ps(SUMS_1_1, LEFT_1, RIGHT_1);
        }
      }
    }
  }
}

/// Writes the results of a run for a block.
static void finish_run(const mrdl_integer_product *p, const pixel_run *run, size_t block,
                       const vec sum[RUN]) {
  // Copies, which no store of a result can change.
  const mrdl_integer_ending ending = p->ending;
  void *const output = p->output;
  const size_t channel = block * LANES, left = p->output_channels - channel;
  const size_t count = run->count, step = p->output_column_stride;
  size_t at = run->at + block * p->output_block_stride;
  if (left >= LANES) {
    for (size_t i = 0; i < count; i++, at += step) {
      finish(&ending, MRDL_INTEGER_REAL, sum[i], channel, LANES, output, at);
    }
  } else {
    for (size_t i = 0; i < count; i++, at += step) {
      finish(&ending, MRDL_INTEGER_REAL, sum[i], channel, left, output, at);
    }
  }
}

INLINE void multiply_runs(const int runs, const int vectors, const run_sums *t) {
  shape_registers(runs, t);
  sum_runs(runs, vectors, t);
  vec sum[MOST_RUNS][2][RUN];
  _tile_stored(SUMS_0_0, sum[0][0], sizeof(vec));
  if (vectors > 1) _tile_stored(SUMS_0_1, sum[0][1], sizeof(vec));
  if (runs > 1) _tile_stored(SUMS_1_0, sum[1][0], sizeof(vec));
  if (runs > 1 && vectors > 1) _tile_stored(SUMS_1_1, sum[1][1], sizeof(vec));
  if (runs > 2) _tile_stored(SUMS_2_0, sum[2][0], sizeof(vec));
  if (runs > 2 && vectors > 1) _tile_stored(SUMS_2_1, sum[2][1], sizeof(vec));
  for (int i = 0; i < runs; i++) {
    for (int j = 0; j < vectors; j++) {
      finish_run(t->product, &t->runs[i], t->block + (size_t)j, sum[i][j]);
    }
  }
}

#define RUNS(runs)                                                                         \
  static void runs_##runs##_1(const run_sums *t) { multiply_runs(runs, 1, t); }            \
  static void runs_##runs##_2(const run_sums *t) { multiply_runs(runs, 2, t); }
RUNS(1)
RUNS(2)
RUNS(3)

/// By the runs − 1 and the blocks − 1.
static void (*const run_functions[MOST_RUNS][2])(const run_sums *) = {
    {runs_1_1, runs_1_2}, {runs_2_1, runs_2_2}, {runs_3_1, runs_3_2}};

static void KERNEL(product)(const mrdl_integer_product *product) {
  mrdl_integer_product p = *product;
  if (p.rows == 0 || p.columns == 0) return;
  // Rows that stand one right behind the other, and whose results do, are a single one.
  if (p.input_row_stride == p.columns * p.input_column_stride &&
      p.output_row_stride == p.columns * p.output_column_stride) {
    p.columns *= p.rows;
    p.rows = 1;
  }
  const size_t runs_wide = (p.columns + RUN - 1) / RUN, count = p.rows * runs_wide;
  const size_t steps = p.channels / INPUT_LANES * p.taps, depth = steps * PAIRS * GROUP;
  const size_t most = p.columns <= SHORT_RUN ? 3 : 2, turns = (count + most - 1) / most;
  run_sums t = {.product = &p};
  for (t.block = p.first_block; t.block < p.last_block; t.block += TILE_VECTORS) {
    const size_t vectors = p.last_block - t.block == 1 ? 1 : 2;
    const size_t lines = vectors * LANES * depth / LINE_BYTES;
    t.weights = p.weights + t.block * LANES * depth;
    // Those of the next panel, a share for each step: what comes from far comes too late otherwise. Few pixels take
    // no longer than a panel takes to arrive.
    const int fetches =
        t.block + vectors < p.last_block && steps > 0 && p.rows * p.columns > RUN / 2;
    t.ahead = t.weights + vectors * LANES * depth;
    t.ahead_lines = fetches ? lines / (turns * steps) : 0;
    for (size_t index = 0; index < count;) {
      size_t runs = 0;
      for (; runs < most && index < count; runs++, index++) {
        const size_t row = index / runs_wide, column = index % runs_wide * RUN;
        const size_t left = p.columns - column;
        t.runs[runs] = (pixel_run){
            .input = p.input + row * p.input_row_stride + column * p.input_column_stride,
            .at = row * p.output_row_stride + column * p.output_column_stride,
            .count = left < RUN ? left : RUN};
      }
      run_functions[runs - 1][vectors - 1](&t);
      t.ahead += t.ahead_lines * steps * LINE_BYTES;
    }
  }
  _tile_release();
}
