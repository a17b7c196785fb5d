// Included once for each element type by mrdl_training_kernels.h, which defines MRDL_REAL and the
// name.
#if defined(MRDL_REAL) && defined(MRDL_KERNEL_TABLE)

/// How a gradient becomes the slope that an optimizer follows:
/// min(max(scale · g, −bound), bound) + l1 · sign(w) + l2 · w.
typedef struct {
  MRDL_REAL scale;
  MRDL_REAL bound;
  MRDL_REAL l1;
  MRDL_REAL l2;
  /// The weight itself is multiplied by 1 − shrinkage before the step.
  MRDL_REAL shrinkage;
} MRDL_GRADIENT_TERMS;

/// The training kernels for one element type. `dy` is the derivative of the loss by a result, `dx`
/// that by an input.
typedef struct {
  // MARK: Convolution

  /// Packs, as the right matrix of a product, the transpose of what `pack_patches` packs: row j is
  /// an output position from `first_position`, column k a place in the window from `first_place`.
  /// The derivative by the weights is dy · this.
  void (*_Nonnull pack_patches_transposed)(const mrdl_window *_Nonnull window,
                                           const MRDL_REAL *_Nonnull input, size_t first_position,
                                           size_t positions, size_t first_place, size_t places,
                                           MRDL_REAL *_Nonnull packed);
  /// Adds element (k, j) of a row-major matrix to the input element that place first_place + k of
  /// the window sees at output position first_position + j: the way back of `pack_patches`.
  void (*_Nonnull add_patches)(const mrdl_window *_Nonnull window,
                               const MRDL_REAL *_Nonnull matrix, size_t row_stride,
                               size_t first_place, size_t places, size_t first_position,
                               size_t positions, MRDL_REAL *_Nonnull input);
  /// d[i][k] = Σ over images and j of y[i][j] · x[offsets[k] + j] (+ d[i][k]): the derivative by the
  /// weights of what `shifted_product` computes. `count`, the elements of a row, is a multiple of the
  /// elements in a register.
  void (*_Nonnull correlate)(size_t rows, size_t shifts, size_t images, size_t count,
                             const MRDL_REAL *_Nonnull y, size_t y_row_stride,
                             size_t y_image_stride, const MRDL_REAL *_Nonnull x,
                             size_t x_image_stride, const ptrdiff_t *_Nonnull offsets,
                             MRDL_REAL *_Nonnull d, size_t d_row_stride, int32_t accumulate);

  // MARK: Activations; dx may be dy

  /// dx = dy where y > 0, else 0. `y` may be the input as well as the result.
  void (*_Nonnull relu_backward)(size_t count, const MRDL_REAL *_Nonnull y,
                                 const MRDL_REAL *_Nonnull dy, MRDL_REAL *_Nonnull dx);
  /// dx = dy where x ≥ 0, else alpha · dy.
  void (*_Nonnull leaky_relu_backward)(size_t count, MRDL_REAL alpha, const MRDL_REAL *_Nonnull x,
                                       const MRDL_REAL *_Nonnull dy, MRDL_REAL *_Nonnull dx);
  /// dx = dy · y (1 − y).
  void (*_Nonnull sigmoid_backward)(size_t count, const MRDL_REAL *_Nonnull y,
                                    const MRDL_REAL *_Nonnull dy, MRDL_REAL *_Nonnull dx);
  /// dx = dy · (1 − y²).
  void (*_Nonnull tanh_backward)(size_t count, const MRDL_REAL *_Nonnull y,
                                 const MRDL_REAL *_Nonnull dy, MRDL_REAL *_Nonnull dx);
  /// dx = dy where low ≤ x ≤ high, else 0.
  void (*_Nonnull clip_backward)(size_t count, MRDL_REAL low, MRDL_REAL high,
                                 const MRDL_REAL *_Nonnull x, const MRDL_REAL *_Nonnull dy,
                                 MRDL_REAL *_Nonnull dx);
  /// Along each dense row: dx = y (dy − Σ dy y).
  void (*_Nonnull softmax_backward)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull y,
                                    const MRDL_REAL *_Nonnull dy, MRDL_REAL *_Nonnull dx);
  /// Along each dense row: dx = dy − exp(y) Σ dy.
  void (*_Nonnull log_softmax_backward)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull y,
                                        const MRDL_REAL *_Nonnull dy, MRDL_REAL *_Nonnull dx);

  // MARK: Sums of a matrix

  /// y[i] = Σ over j of x[i][j] (+ y[i]).
  void (*_Nonnull sum_rows)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull x,
                            size_t row_stride, MRDL_REAL *_Nonnull y, int32_t accumulate);
  /// y[j] = Σ over i of x[i][j] (+ y[j]).
  void (*_Nonnull sum_columns)(size_t rows, size_t columns, const MRDL_REAL *_Nonnull x,
                               size_t row_stride, MRDL_REAL *_Nonnull y, int32_t accumulate);

  // MARK: Pooling; dx is written whole

  /// Gives each dy to the first of the largest elements of its window.
  void (*_Nonnull max_pool_backward)(const mrdl_window *_Nonnull window, size_t planes,
                                     const MRDL_REAL *_Nonnull x, const MRDL_REAL *_Nonnull dy,
                                     MRDL_REAL *_Nonnull dx);
  /// Spreads each dy evenly over its window.
  void (*_Nonnull average_pool_backward)(const mrdl_window *_Nonnull window, size_t planes,
                                         const MRDL_REAL *_Nonnull dy, MRDL_REAL *_Nonnull dx,
                                         int32_t count_padding);

  // MARK: Recurrent layers; gates in the order i, o, f, c, `units` elements each

  /// One step of one sequence of an LSTM with sigmoid and tanh: i, o, f, c of the sums,
  /// after = f · before + i · c, squashed = tanh(after), state = o · squashed.
  void (*_Nonnull lstm_forward)(size_t units, const MRDL_REAL *_Nonnull sums,
                                const MRDL_REAL *_Nonnull before, MRDL_REAL *_Nonnull gates,
                                MRDL_REAL *_Nonnull after, MRDL_REAL *_Nonnull squashed,
                                MRDL_REAL *_Nonnull state);
  /// The way back of that step: from the derivatives by the state and the cell after it, those by the
  /// sums and, in `dc`, by the cell before.
  void (*_Nonnull lstm_backward)(size_t units, const MRDL_REAL *_Nonnull gates,
                                 const MRDL_REAL *_Nonnull before,
                                 const MRDL_REAL *_Nonnull squashed, const MRDL_REAL *_Nonnull dh,
                                 MRDL_REAL *_Nonnull dc, MRDL_REAL *_Nonnull dsums);

  // MARK: Normalisation

  /// moments[0] += Σ dy; moments[1] += Σ dy (x − mean).
  void (*_Nonnull residual_moments)(size_t count, MRDL_REAL mean, const MRDL_REAL *_Nonnull x,
                                    const MRDL_REAL *_Nonnull dy, double *_Nonnull moments);
  /// z = a x + b y + c; z may be x or y.
  void (*_Nonnull blend)(size_t count, MRDL_REAL a, const MRDL_REAL *_Nonnull x, MRDL_REAL b,
                         const MRDL_REAL *_Nonnull y, MRDL_REAL c, MRDL_REAL *_Nonnull z);

  // MARK: Random numbers

  /// y = x · scale where word first + i of a stream of Philox4x32-10 is at least `threshold`, else 0;
  /// y may be x. Word n is word n mod 4 of block n / 4 under the key `seed`, with the block in the
  /// lower half of the counter and `stream` in the upper one. `first` is a multiple of 4.
  void (*_Nonnull dropout)(size_t count, uint64_t seed, uint64_t stream, uint64_t first,
                           uint32_t threshold, MRDL_REAL scale, const MRDL_REAL *_Nonnull x,
                           MRDL_REAL *_Nonnull y);

  // MARK: Optimizers; g is the gradient, s its slope as `terms` has it

  /// w −= rate · s.
  void (*_Nonnull descent_step)(size_t count, const MRDL_GRADIENT_TERMS *_Nonnull terms,
                                MRDL_REAL rate, const MRDL_REAL *_Nonnull g,
                                MRDL_REAL *_Nonnull w);
  /// v = momentum · v − rate · s; w += v, or w += momentum · v − rate · s with Nesterov's
  /// look-ahead.
  void (*_Nonnull momentum_step)(size_t count, const MRDL_GRADIENT_TERMS *_Nonnull terms,
                                 MRDL_REAL rate, MRDL_REAL momentum, int32_t nesterov,
                                 const MRDL_REAL *_Nonnull g, MRDL_REAL *_Nonnull v,
                                 MRDL_REAL *_Nonnull w);
  /// n += s²; w −= rate · s / (√n + ε).
  void (*_Nonnull ada_grad_step)(size_t count, const MRDL_GRADIENT_TERMS *_Nonnull terms,
                                 MRDL_REAL rate, MRDL_REAL epsilon, const MRDL_REAL *_Nonnull g,
                                 MRDL_REAL *_Nonnull n, MRDL_REAL *_Nonnull w);
  /// n = rho · n + (1 − rho) s²; v = momentum · v + rate · s / (√n + ε); w −= v. Without momentum v
  /// may be null.
  void (*_Nonnull rms_prop_step)(size_t count, const MRDL_GRADIENT_TERMS *_Nonnull terms,
                                 MRDL_REAL rate, MRDL_REAL rho, MRDL_REAL epsilon,
                                 MRDL_REAL momentum, const MRDL_REAL *_Nonnull g,
                                 MRDL_REAL *_Nonnull n, MRDL_REAL *_Nullable v,
                                 MRDL_REAL *_Nonnull w);
  /// m = β₁ m + (1 − β₁) s; n = β₂ n + (1 − β₂) s²; w −= rate · m / c₁ / (√(n / c₂) + ε), where c₁
  /// and c₂ are 1 − β₁ᵗ and 1 − β₂ᵗ at step t.
  void (*_Nonnull adam_step)(size_t count, const MRDL_GRADIENT_TERMS *_Nonnull terms,
                             MRDL_REAL rate, MRDL_REAL beta1, MRDL_REAL beta2, MRDL_REAL epsilon,
                             MRDL_REAL correction1, MRDL_REAL correction2,
                             const MRDL_REAL *_Nonnull g, MRDL_REAL *_Nonnull m,
                             MRDL_REAL *_Nonnull n, MRDL_REAL *_Nonnull w);
} MRDL_KERNEL_TABLE;

#endif
