// Included once for each element type by mrdl_training_kernels.h, which defines MRDL_REAL and the
// name.
#if defined(MRDL_REAL) && defined(MRDL_KERNEL_TABLE)

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

  // MARK: Optimizers

  /// g′ = g + decay · w; v = momentum · v − rate · g′; w += v, or w += momentum · v − rate · g′
  /// with Nesterov's look-ahead.
  void (*_Nonnull momentum_step)(size_t count, MRDL_REAL rate, MRDL_REAL momentum, MRDL_REAL decay,
                                 int32_t nesterov, const MRDL_REAL *_Nonnull g,
                                 MRDL_REAL *_Nonnull v, MRDL_REAL *_Nonnull w);
  /// m = β₁ m + (1 − β₁) g; s = β₂ s + (1 − β₂) g²; w −= rate · (m / c₁ / (√(s / c₂) + ε) + decay ·
  /// w), where c₁ and c₂ are 1 − β₁ᵗ and 1 − β₂ᵗ at step t.
  void (*_Nonnull adam_step)(size_t count, MRDL_REAL rate, MRDL_REAL beta1, MRDL_REAL beta2,
                             MRDL_REAL epsilon, MRDL_REAL decay, MRDL_REAL correction1,
                             MRDL_REAL correction2, const MRDL_REAL *_Nonnull g,
                             MRDL_REAL *_Nonnull m, MRDL_REAL *_Nonnull s, MRDL_REAL *_Nonnull w);
} MRDL_KERNEL_TABLE;

#endif
