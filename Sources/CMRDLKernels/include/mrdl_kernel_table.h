// Included once for each element type by mrdl_kernels.h, which defines MRDL_REAL and the two names.
#if defined(MRDL_REAL) && defined(MRDL_KERNEL_TABLE)

/// One block of a matrix product: rows of some panels, some columns, some of the depth.
typedef struct {
  /// The rows of the whole left matrix, which its panels share out evenly: with p = ceil(rows /
  /// gemm_rows) panels, the first rows % p have one row more than the rest.
  size_t rows;
  /// The panels of this block.
  size_t first_panel, last_panel;
  size_t columns, depth;
  /// The left matrix from `pack_a`, all panels of this stretch of depth.
  const MRDL_REAL *_Nonnull a;
  /// The right matrix: element (k, j) at (j / gemm_columns) · b_panel_stride + k · b_row_stride +
  /// j % gemm_columns. From `pack_b`: gemm_columns · depth and gemm_columns. A row-major matrix can
  /// also be used as it stands when `columns` is a multiple of gemm_columns.
  const MRDL_REAL *_Nonnull b;
  size_t b_panel_stride, b_row_stride;
  /// Whether the right matrix lies packed in memory further away than the second cache: each panel is then
  /// brought there while the one before it is multiplied.
  int32_t fetch_b;
  /// Row 0 (not that of the first panel), column 0 of the result.
  MRDL_REAL *_Nonnull c;
  size_t c_row_stride;
  /// Whether to add to what stands in the result; if not, the sum starts from the biases and the
  /// residual that are given.
  int32_t accumulate;
  /// A value for each row, and one for each column of this block.
  const MRDL_REAL *_Nullable row_bias;
  const MRDL_REAL *_Nullable column_bias;
  /// A matrix that the sum starts from as well, laid out as the result, which it may be: row 0,
  /// column 0 of this block.
  const MRDL_REAL *_Nullable residual;
  /// Whether to end with min(max(c, low), high).
  int32_t clamp;
  MRDL_REAL low, high;
} MRDL_GEMM_BLOCK;

/// Some rows of a convolution at stride 1 of planes.
typedef struct {
  /// Output channels.
  size_t channels;
  /// The extents of the output; there are at least as many columns as half a register holds.
  size_t rows, columns;
  /// The sum of output (y, x) runs over input[y · input_row_stride + x + offsets[k]], k < depth.
  size_t depth;
  const size_t *_Nonnull offsets;
  const MRDL_REAL *_Nonnull input;
  size_t input_row_stride;
  /// The weights from `pack_a`, a row for each channel.
  const MRDL_REAL *_Nonnull weights;
  MRDL_REAL *_Nonnull output;
  size_t output_row_stride, output_plane_stride;
  /// A value for each channel.
  const MRDL_REAL *_Nullable bias;
  /// Whether to end with min(max(sum, low), high).
  int32_t clamp;
  MRDL_REAL low, high;
} MRDL_ROW_CONVOLUTION;

/// A function with its parameters, applied to a gate or a state.
typedef struct {
  mrdl_gate_function kind;
  MRDL_REAL alpha, beta;
} MRDL_GATE;

/// One direction of a recurrent layer, once the products of its inputs are known.
///
/// Units come in blocks of `lanes`, the last one filled up with zeros; what belongs to one block lies
/// together: its gates one after the other, `lanes` elements each, so that they are computed in
/// registers. Arrays by unit have `width` elements, the units rounded up to whole blocks.
typedef struct {
  mrdl_cell cell;
  /// Of the gates, of the candidate, of the state; as many as the cell has.
  MRDL_GATE functions[3];
  /// Whether what goes into the functions of gates is bounded to ± `clip`.
  int32_t clips;
  MRDL_REAL clip;
  size_t length, batch, units, width;
  /// Whether sequences are walked from their ends.
  int32_t is_reverse;
  /// How many steps each sequence has; null when all have `length`.
  const int32_t *_Nullable lengths;
  /// Products of inputs and weights with the biases: gates · width elements for each step and sequence,
  /// block after block.
  const MRDL_REAL *_Nonnull inputs;
  size_t input_step_stride, input_sequence_stride;
  /// Block after block; for each of the units that the product runs over, all gates of the block.
  /// GRU: those of z and r for all blocks, then those of h.
  const MRDL_REAL *_Nonnull weights;
  /// GRU_LINEAR: what is added to the product of the candidate; null for nothing.
  const MRDL_REAL *_Nullable candidate_bias;
  /// LSTM: weights of the cell state in i, o and f, `width` elements each; null for none.
  const MRDL_REAL *_Nullable peepholes;
  /// `width` elements for each sequence: step t reads state[t % 2] and writes the other one.
  MRDL_REAL *_Nonnull state[2];
  /// LSTM: the cell state, in place.
  MRDL_REAL *_Nullable cell_state;
  /// GRU: z, and r ∘ H, between the phases of a step.
  MRDL_REAL *_Nullable update;
  MRDL_REAL *_Nullable reset_state;
  /// Element 0 of step 0 of sequence 0; null when only the last state is wanted.
  MRDL_REAL *_Nullable output;
  size_t output_step_stride, output_sequence_stride;
} MRDL_RECURRENCE;

/// The kernels for one element type.
typedef struct {
  /// Elements in a register.
  size_t lanes;
  /// The largest height and the width of the tile that the matrix product keeps in registers.
  size_t gemm_rows, gemm_columns;

  // MARK: Matrix products

  /// c = a · b, or c += a · b. Every element is summed in the order of the depth, so that the
  /// result does not depend on how a product is cut into blocks.
  void (*_Nonnull gemm_block)(const MRDL_GEMM_BLOCK *_Nonnull block);
  /// Packs `alpha` · a for some panels of a matrix of `rows` rows: panel after panel, within one
  /// all rows of depth 0, then of depth 1. `a` is element (0, 0); `packed` is where panel 0 goes,
  /// and takes rows · depth elements for all panels.
  void (*_Nonnull pack_a)(size_t rows, size_t first_panel, size_t last_panel, size_t depth,
                          MRDL_REAL alpha, const MRDL_REAL *_Nonnull a, size_t row_stride,
                          size_t column_stride, MRDL_REAL *_Nonnull packed);
  /// Packs b into panels of gemm_columns columns, the last one filled with zeros. `packed` takes
  /// depth · columns elements with `columns` rounded up.
  void (*_Nonnull pack_b)(size_t depth, size_t columns, const MRDL_REAL *_Nonnull b,
                          size_t row_stride, size_t column_stride, MRDL_REAL *_Nonnull packed);
  /// Packs as `pack_b` does the matrix whose element (k, j) is what the window at output position j
  /// (row-major, from `first_column`) sees at k = ((channel · kernel depth + z) · kernel height +
  /// y) · kernel width + x, from `first_row`: a convolution is then a matrix product with the
  /// weights.
  void (*_Nonnull pack_patches)(const mrdl_window *_Nonnull window,
                                const MRDL_REAL *_Nonnull input, size_t first_row, size_t rows,
                                size_t first_column, size_t columns, MRDL_REAL *_Nonnull packed);
  /// c[i][j] = row_bias[i] + Σ over k of a[i][k] · b[offsets[k] + j], held between bounds[0] and
  /// bounds[1] where they are given, for the rows of some panels of `pack_a`. Columns are rounded up to
  /// whole registers, both where b is read and where c is written.
  void (*_Nonnull shifted_product)(size_t rows, size_t first_panel, size_t last_panel,
                                   size_t columns, size_t depth, const MRDL_REAL *_Nonnull a,
                                   const MRDL_REAL *_Nonnull b, const ptrdiff_t *_Nonnull offsets,
                                   MRDL_REAL *_Nonnull c, size_t c_row_stride,
                                   const MRDL_REAL *_Nullable row_bias,
                                   const MRDL_REAL *_Nullable bounds);
  void (*_Nonnull convolve_rows)(const MRDL_ROW_CONVOLUTION *_Nonnull convolution);
  /// Copies rows from one matrix into another.
  void (*_Nonnull copy_rows)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull from,
                             size_t from_stride, MRDL_REAL *_Nonnull to, size_t to_stride);
  /// y = W · x (+ y) for a row-major W of `rows` rows.
  void (*_Nonnull gemv_rows)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull w,
                             size_t row_stride, const MRDL_REAL *_Nonnull x,
                             MRDL_REAL *_Nonnull y, int32_t accumulate);
  /// y = x · W (+ y) for a row-major W of `rows` rows.
  void (*_Nonnull gemv_columns)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull w,
                                size_t row_stride, const MRDL_REAL *_Nonnull x,
                                MRDL_REAL *_Nonnull y, int32_t accumulate);
  MRDL_REAL (*_Nonnull dot)(size_t count, const MRDL_REAL *_Nonnull x, const MRDL_REAL *_Nonnull y);
  /// y += a · x.
  void (*_Nonnull axpy)(size_t count, MRDL_REAL a, const MRDL_REAL *_Nonnull x,
                        MRDL_REAL *_Nonnull y);
  /// c = activation(c + row bias + column bias + residual), in place; the residual is laid out as c.
  void (*_Nonnull epilogue)(size_t rows, size_t columns, MRDL_REAL *_Nonnull c, size_t row_stride,
                            const MRDL_REAL *_Nullable row_bias,
                            const MRDL_REAL *_Nullable column_bias,
                            const MRDL_REAL *_Nullable residual, mrdl_activation activation,
                            MRDL_REAL alpha, MRDL_REAL beta);

  // MARK: Recurrence

  /// Computes the units of some blocks at one step. All blocks of a phase must be done before the next
  /// one begins: GRU takes two phases a step (the gates, then the candidate), the other cells one.
  /// Sequences that have ended keep their state.
  void (*_Nonnull recurrent_step)(const MRDL_RECURRENCE *_Nonnull recurrence, size_t step,
                                  size_t phase, size_t first_block, size_t last_block);

  // MARK: Windows

  /// Convolution of `planes` planes, each with a kernel of its own: kernel volume weights and one
  /// bias a plane.
  void (*_Nonnull depthwise)(const mrdl_window *_Nonnull window, size_t planes,
                             const MRDL_REAL *_Nonnull input, const MRDL_REAL *_Nonnull weights,
                             const MRDL_REAL *_Nullable bias, MRDL_REAL *_Nonnull output);
  /// The largest element that each window sees, padding left out; NaN wins. A window that sees
  /// nothing gives minus infinity.
  void (*_Nonnull max_pool)(const mrdl_window *_Nonnull window, size_t planes,
                            const MRDL_REAL *_Nonnull input, MRDL_REAL *_Nonnull output);
  /// The mean of what each window sees. With `count_padding` the divisor counts the window's
  /// positions inside the padded input, without it those inside the input; a window that sees
  /// nothing gives 0.
  void (*_Nonnull average_pool)(const mrdl_window *_Nonnull window, size_t planes,
                                const MRDL_REAL *_Nonnull input, MRDL_REAL *_Nonnull output,
                                int32_t count_padding);

  // MARK: One array

  void (*_Nonnull exp)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL *_Nonnull y);
  void (*_Nonnull log)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL *_Nonnull y);
  void (*_Nonnull sigmoid)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL *_Nonnull y);
  void (*_Nonnull tanh)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL *_Nonnull y);
  void (*_Nonnull erf)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL *_Nonnull y);
  void (*_Nonnull sqrt)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL *_Nonnull y);
  void (*_Nonnull relu)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL *_Nonnull y);
  /// x where x ≥ 0, alpha · x elsewhere.
  void (*_Nonnull leaky_relu)(size_t count, MRDL_REAL alpha, const MRDL_REAL *_Nonnull x,
                              MRDL_REAL *_Nonnull y);
  /// min(max(x, low), high).
  void (*_Nonnull clip)(size_t count, MRDL_REAL low, MRDL_REAL high, const MRDL_REAL *_Nonnull x,
                        MRDL_REAL *_Nonnull y);

  // MARK: Two arrays, or an array and one value

  void (*_Nonnull add)(size_t count, const MRDL_REAL *_Nonnull x, const MRDL_REAL *_Nonnull y,
                       MRDL_REAL *_Nonnull z);
  void (*_Nonnull subtract)(size_t count, const MRDL_REAL *_Nonnull x,
                            const MRDL_REAL *_Nonnull y, MRDL_REAL *_Nonnull z);
  void (*_Nonnull multiply)(size_t count, const MRDL_REAL *_Nonnull x,
                            const MRDL_REAL *_Nonnull y, MRDL_REAL *_Nonnull z);
  void (*_Nonnull divide)(size_t count, const MRDL_REAL *_Nonnull x, const MRDL_REAL *_Nonnull y,
                          MRDL_REAL *_Nonnull z);
  /// NaN wins in maximum and minimum.
  void (*_Nonnull maximum)(size_t count, const MRDL_REAL *_Nonnull x, const MRDL_REAL *_Nonnull y,
                           MRDL_REAL *_Nonnull z);
  void (*_Nonnull minimum)(size_t count, const MRDL_REAL *_Nonnull x, const MRDL_REAL *_Nonnull y,
                           MRDL_REAL *_Nonnull z);
  void (*_Nonnull add_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                              MRDL_REAL *_Nonnull z);
  void (*_Nonnull subtract_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                                   MRDL_REAL *_Nonnull z);
  /// z = y − x.
  void (*_Nonnull subtract_from_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                                        MRDL_REAL *_Nonnull z);
  void (*_Nonnull multiply_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                                   MRDL_REAL *_Nonnull z);
  void (*_Nonnull divide_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                                 MRDL_REAL *_Nonnull z);
  /// z = y / x.
  void (*_Nonnull divide_into_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                                      MRDL_REAL *_Nonnull z);
  void (*_Nonnull maximum_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                                  MRDL_REAL *_Nonnull z);
  void (*_Nonnull minimum_scalar)(size_t count, const MRDL_REAL *_Nonnull x, MRDL_REAL y,
                                  MRDL_REAL *_Nonnull z);

  // MARK: Rows and channels

  /// Along each dense row: exp(x − max) / Σ exp(x − max).
  void (*_Nonnull softmax)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull x,
                           MRDL_REAL *_Nonnull y);
  /// Along each dense row: x − max − log Σ exp(x − max).
  void (*_Nonnull log_softmax)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull x,
                               MRDL_REAL *_Nonnull y);
  /// y = x · scale + shift, with one scale and one shift for the `count` elements of each channel.
  void (*_Nonnull scale_shift)(size_t channels, size_t count, const MRDL_REAL *_Nonnull x,
                               const MRDL_REAL *_Nonnull scale, const MRDL_REAL *_Nonnull shift,
                               MRDL_REAL *_Nonnull y);

  // MARK: Reductions (those of float32 are summed in float64)

  /// 0 for an empty array.
  double (*_Nonnull sum)(size_t count, const MRDL_REAL *_Nonnull x);
  double (*_Nonnull sum_of_squares)(size_t count, const MRDL_REAL *_Nonnull x);
  /// Σ (x − center)².
  double (*_Nonnull sum_of_squared_deviations)(size_t count, const MRDL_REAL *_Nonnull x,
                                               MRDL_REAL center);
  /// Minus infinity for an empty array; NaN wins.
  MRDL_REAL (*_Nonnull largest)(size_t count, const MRDL_REAL *_Nonnull x);
  /// Infinity for an empty array; NaN wins.
  MRDL_REAL (*_Nonnull smallest)(size_t count, const MRDL_REAL *_Nonnull x);
} MRDL_KERNEL_TABLE;

#endif
