// Winograd's minimal filtering of 3 × 3 windows at stride 1 on blocked tensors: F(2 × 2) with the
// points 0, 1, −1 and F(4 × 4) with 0, 1, −1, 2, −2 (Lavin and Gray, arXiv:1509.09308).

/// Bᵀ d for one column of TILE + 2 elements, `step` apart in both arrays.
INLINE void transform_input(const int tile, const vec *d, const int step, vec *r,
                            const int result_step) {
#define D(i) d[(i) * step]
#define R(i) r[(i) * result_step]
  if (tile == 2) {
    R(0) = D(0) - D(2);
    R(1) = D(1) + D(2);
    R(2) = D(2) - D(1);
    R(3) = D(1) - D(3);
    return;
  }
  const vec two = (vec)2, four = (vec)4, five = (vec)5;
  const vec a = mul_add(-four, D(2), D(4)), b = mul_add(-four, D(1), D(3));
  const vec c = D(4) - D(2), e = two * (D(3) - D(1));
  R(0) = mul_add(four, D(0), mul_add(-five, D(2), D(4)));
  R(1) = a + b;
  R(2) = a - b;
  R(3) = c + e;
  R(4) = c - e;
  R(5) = mul_add(four, D(1), mul_add(-five, D(3), D(5)));
#undef D
#undef R
}

/// Aᵀ m for one column of TILE + 2 elements.
INLINE void transform_output(const int tile, const vec *m, const int step, vec *r,
                             const int result_step) {
#define M(i) m[(i) * step]
#define R(i) r[(i) * result_step]
  if (tile == 2) {
    R(0) = M(0) + M(1) + M(2);
    R(1) = M(1) - M(2) - M(3);
    return;
  }
  const vec a = M(1) + M(2), b = M(1) - M(2), c = M(3) + M(4), d = M(3) - M(4);
  R(0) = M(0) + a + c;
  R(1) = mul_add((vec)2, d, b);
  R(2) = mul_add((vec)4, c, a);
  R(3) = mul_add((vec)8, d, b) + M(5);
#undef M
#undef R
}

/// G g for one column of three weights.
INLINE void transform_weights(const int tile, const real g0, const real g1, const real g2,
                              real *r, const int step) {
  if (tile == 2) {
    r[0] = g0;
    r[step] = (g0 + g1 + g2) / 2;
    r[2 * step] = (g0 - g1 + g2) / 2;
    r[3 * step] = g2;
    return;
  }
  r[0] = g0 / 4;
  r[step] = -(g0 + g1 + g2) / 6;
  r[2 * step] = -(g0 - g1 + g2) / 6;
  r[3 * step] = (g0 + 2 * g1 + 4 * g2) / 24;
  r[4 * step] = (g0 - 2 * g1 + 4 * g2) / 24;
  r[5 * step] = g2;
}

#define PANEL (TILE_VECTORS * LANES)

INLINE void pack_transformed(const int tile, size_t outputs, size_t channels, size_t first_panel,
                             size_t last_panel, const real *weights, real *packed) {
  const int places = (tile + 2) * (tile + 2);
  const size_t padded = (outputs + LANES - 1) / LANES * LANES;
  for (size_t panel = first_panel; panel < last_panel; panel++) {
    const size_t first = panel * PANEL;
    const size_t width = padded - first < PANEL ? padded - first : PANEL;
    for (size_t channel = 0; channel < channels; channel++) {
      real *to = packed + first * channels + channel * width;
      for (size_t j = 0; j < width; j++) {
        real columns[18], result[36];
        if (first + j < outputs) {
          const real *g = weights + ((first + j) * channels + channel) * 9;
          for (int x = 0; x < 3; x++) {
            transform_weights(tile, g[x], g[3 + x], g[6 + x], columns + x, 3);
          }
          for (int y = 0; y < tile + 2; y++) {
            const real *row = columns + 3 * y;
            transform_weights(tile, row[0], row[1], row[2], result + y * (tile + 2), 1);
          }
        } else {
          for (int i = 0; i < places; i++) result[i] = 0;
        }
        for (int i = 0; i < places; i++) to[(size_t)i * padded * channels + j] = result[i];
      }
    }
  }
}

void KERNEL(blocked_winograd_weights)(size_t tile, size_t outputs, size_t channels,
                                      size_t first_panel, size_t last_panel, const real *weights,
                                      real *packed) {
  if (tile == 2) {
    pack_transformed(2, outputs, channels, first_panel, last_panel, weights, packed);
  } else {
    pack_transformed(4, outputs, channels, first_panel, last_panel, weights, packed);
  }
}

INLINE void input_tiles(const int tile, const mrdl_winograd *g, size_t first_tile, size_t count,
                        const real *input, size_t place_stride, real *transformed) {
  const int side = tile + 2;
  const size_t row_stride = g->input_width * LANES;
  for (size_t t = 0; t < count; t++) {
    const size_t index = first_tile + t;
    const size_t tile_y = index / g->tiles_wide, tile_x = index % g->tiles_wide;
    const ptrdiff_t y = (ptrdiff_t)(tile_y * (size_t)tile) - (ptrdiff_t)g->begin_height;
    const ptrdiff_t x = (ptrdiff_t)(tile_x * (size_t)tile) - (ptrdiff_t)g->begin_width;
    const real *from = input + (y * (ptrdiff_t)g->input_width + x) * LANES;
    const int inside = y >= 0 && x >= 0 && y + side <= (ptrdiff_t)g->input_height &&
                       x + side <= (ptrdiff_t)g->input_width;
    // What the tile after the next one adds in these rows is asked for ahead: streams as short as these
    // are over before the processor has learnt to do it.
    if (inside) {
#pragma clang loop unroll(full)
      for (int i = 0; i < side; i++) {
#pragma clang loop unroll(full)
        for (int j = 0; j < tile; j++) {
          __builtin_prefetch(from + (size_t)i * row_stride + (size_t)(2 * tile + 2 + j) * LANES);
        }
      }
    }
    // Columns first: `half` holds Bᵀ d.
    vec half[36];
    for (int j = 0; j < side; j++) {
      vec d[6];
      if (inside) {
#pragma clang loop unroll(full)
        for (int i = 0; i < side; i++) {
          d[i] = load(from + (size_t)i * row_stride + (size_t)j * LANES);
        }
      } else {
        const int in_width = x + j >= 0 && x + j < (ptrdiff_t)g->input_width;
        for (int i = 0; i < side; i++) {
          const int in_height = y + i >= 0 && y + i < (ptrdiff_t)g->input_height;
          d[i] = in_width && in_height
                     ? load(from + (i * (ptrdiff_t)g->input_width + j) * LANES)
                     : (vec)0;
        }
      }
      transform_input(tile, d, 1, half + j, side);
    }
    real *to = transformed + t * LANES;
    for (int i = 0; i < side; i++) {
      vec r[6];
      transform_input(tile, half + i * side, 1, r, 1);
#pragma clang loop unroll(full)
      for (int j = 0; j < side; j++) store(to + (size_t)(i * side + j) * place_stride, r[j]);
    }
  }
}

void KERNEL(blocked_winograd_input)(const mrdl_winograd *g, size_t first_tile, size_t count,
                                    const real *input, size_t place_stride, real *transformed) {
  if (g->tile == 2) {
    input_tiles(2, g, first_tile, count, input, place_stride, transformed);
  } else {
    input_tiles(4, g, first_tile, count, input, place_stride, transformed);
  }
}

INLINE void output_tiles(const int tile, const mrdl_winograd *g, size_t first_tile, size_t count,
                         const real *products, size_t place_stride, const real *bias,
                         const real *residual, int clamp, vec low, vec high, real *output) {
  const int side = tile + 2;
  const vec start = bias ? load(bias) : (vec)0;
  for (size_t t = 0; t < count; t++) {
    const size_t index = first_tile + t;
    const size_t y = index / g->tiles_wide * (size_t)tile;
    const size_t x = index % g->tiles_wide * (size_t)tile;
    const real *from = products + t * LANES;
    vec half[24];
    for (int j = 0; j < side; j++) {
      vec m[6];
#pragma clang loop unroll(full)
      for (int i = 0; i < side; i++) {
        m[i] = load(from + (size_t)(i * side + j) * place_stride);
      }
      transform_output(tile, m, 1, half + j, side);
    }
    const size_t rows = g->output_height - y < (size_t)tile ? g->output_height - y : (size_t)tile;
    const size_t columns = g->output_width - x < (size_t)tile ? g->output_width - x : (size_t)tile;
    for (size_t i = 0; i < rows; i++) {
      vec r[4];
      transform_output(tile, half + i * (size_t)side, 1, r, 1);
      const size_t at = ((y + i) * g->output_width + x) * LANES;
      for (size_t j = 0; j < columns; j++) {
        vec v = r[j] + start;
        if (residual) v = v + load(residual + at + j * LANES);
        if (clamp) v = clamped(v, low, high);
        store(output + at + j * LANES, v);
      }
    }
  }
}

void KERNEL(blocked_winograd_output)(const mrdl_winograd *g, size_t first_tile, size_t count,
                                     const real *products, size_t place_stride, const real *bias,
                                     const real *residual, int32_t clamp, real low, real high,
                                     real *output) {
  const vec l = (vec)low, h = (vec)high;
  if (g->tile == 2) {
    output_tiles(2, g, first_tile, count, products, place_stride, bias, residual, clamp, l, h,
                 output);
  } else {
    output_tiles(4, g, first_tile, count, products, place_stride, bias, residual, clamp, l, h,
                 output);
  }
}
