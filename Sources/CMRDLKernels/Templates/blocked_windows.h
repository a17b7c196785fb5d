// Depthwise convolution and pooling of blocked tensors: a register holds one pixel of a block.

#include "taps.h"

/// Outputs that are computed together.
#define GROUP 8

typedef struct {
  const mrdl_window *w;
  const real *input, *weights;
  /// Where the first tap of the row lies, and the taps inside the input.
  ptrdiff_t start_y;
  span y;
  size_t counted_y;
  int count_padding;
  vec bias;
} blocked_row;

enum { LARGEST, MEAN, WEIGHTED };

/// `count` outputs from `ox` on, whose taps `x` lie inside the input.
INLINE void row_outputs(const int kind, const int count, const blocked_row *r, size_t ox, span x,
                        vec *result) {
  const mrdl_window *w = r->w;
  const vec start =
      kind == LARGEST ? (vec)-REAL_INFINITY : kind == WEIGHTED ? r->bias : (vec)0;
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) result[i] = start;
  const ptrdiff_t start_x = (ptrdiff_t)(ox * w->stride.width) - (ptrdiff_t)w->begin.width;
  const size_t step = w->stride.width * LANES;
  for (size_t y = r->y.first; y < r->y.last; y++) {
    const ptrdiff_t iy = r->start_y + (ptrdiff_t)(y * w->dilation.height);
    const real *row = r->input + (iy * (ptrdiff_t)w->input.width + start_x) * LANES;
    const real *weights = kind == WEIGHTED ? r->weights + y * w->kernel.width * LANES : 0;
    for (size_t k = x.first; k < x.last; k++) {
      const real *from = row + (ptrdiff_t)(k * w->dilation.width) * LANES;
      const vec weight = kind == WEIGHTED ? load(weights + k * LANES) : (vec)0;
#pragma clang loop unroll(full)
      for (int i = 0; i < count; i++) {
        const vec v = load(from + (size_t)i * step);
        if (kind == LARGEST) result[i] = larger(v, result[i]);
        if (kind == MEAN) result[i] = result[i] + v;
        if (kind == WEIGHTED) result[i] = mul_add(v, weight, result[i]);
      }
    }
  }
}

typedef struct {
  const real *residual;
  int clamp;
  vec low, high;
  real *output;
} blocked_ending;

INLINE void finish_outputs(const int kind, const int count, const blocked_row *r, span x,
                           size_t ox, const blocked_ending *e, vec *result) {
  const mrdl_window *w = r->w;
  if (kind == MEAN) {
    const ptrdiff_t start = (ptrdiff_t)(ox * w->stride.width) - (ptrdiff_t)w->begin.width;
    const size_t counted_x = counted(start, w->kernel.width, w->dilation.width, w->input.width,
                                     w->end.width, x, r->count_padding);
    const size_t taps = r->counted_y * counted_x;
    for (int i = 0; i < count; i++) result[i] = taps ? result[i] / (vec)(real)taps : (vec)0;
  }
  if (kind == WEIGHTED) {
    for (int i = 0; i < count; i++) {
      if (e->residual) result[i] = result[i] + load(e->residual + (ox + i) * LANES);
      if (e->clamp) result[i] = clamped(result[i], e->low, e->high);
    }
  }
  real *const output = e->output + ox * LANES;
  for (int i = 0; i < count; i++) store(output + i * LANES, result[i]);
}

INLINE void walk_rows(const int kind, const mrdl_window *w, size_t first_row, size_t last_row,
                      const real *input, const real *weights, const real *bias,
                      int count_padding, const blocked_ending *ending) {
  // Outputs whose window lies inside the width.
  const size_t reach = (w->kernel.width - 1) * w->dilation.width;
  size_t first = (w->begin.width + w->stride.width - 1) / w->stride.width;
  size_t last = w->input.width + w->begin.width > reach
                    ? (w->input.width + w->begin.width - reach - 1) / w->stride.width + 1
                    : 0;
  if (last > w->output.width) last = w->output.width;
  if (first > last) first = last;
  blocked_row r = {.w = w,
                   .input = input,
                   .weights = weights,
                   .count_padding = count_padding,
                   .bias = bias ? load(bias) : (vec)0};
  const span whole = {0, w->kernel.width};
  for (size_t oy = first_row; oy < last_row; oy++) {
    r.start_y = (ptrdiff_t)(oy * w->stride.height) - (ptrdiff_t)w->begin.height;
    r.y = taps_inside(r.start_y, w->kernel.height, w->dilation.height,
                      (ptrdiff_t)w->input.height);
    if (kind == MEAN) {
      r.counted_y = counted(r.start_y, w->kernel.height, w->dilation.height, w->input.height,
                            w->end.height, r.y, count_padding);
    }
    blocked_ending e = *ending;
    e.output += oy * w->output.width * LANES;
    if (e.residual) e.residual += oy * w->output.width * LANES;
    vec result[GROUP];
    size_t ox = 0;
    while (ox < w->output.width) {
      if (ox >= first && ox + GROUP <= last) {
        row_outputs(kind, GROUP, &r, ox, whole, result);
        finish_outputs(kind, GROUP, &r, whole, ox, &e, result);
        ox += GROUP;
        continue;
      }
      if (ox >= first && ox + GROUP / 2 <= last) {
        row_outputs(kind, GROUP / 2, &r, ox, whole, result);
        finish_outputs(kind, GROUP / 2, &r, whole, ox, &e, result);
        ox += GROUP / 2;
        continue;
      }
      const ptrdiff_t start = (ptrdiff_t)(ox * w->stride.width) - (ptrdiff_t)w->begin.width;
      const span x = taps_inside(start, w->kernel.width, w->dilation.width,
                                 (ptrdiff_t)w->input.width);
      row_outputs(kind, 1, &r, ox, x, result);
      finish_outputs(kind, 1, &r, x, ox, &e, result);
      ox++;
    }
  }
}

// MARK: Narrow windows

/// Adds what row `iy` of the input gives to `count` outputs of one row, or of two. Each element is loaded once
/// for all outputs that see it.
///
/// - Parameters:
///   - weights, result: of each row of outputs; null for one that does not see this row of the input.
INLINE void add_narrow_row(const int width, const int stride, const int count, const int checked,
                           const blocked_row *r, ptrdiff_t iy, ptrdiff_t start_x,
                           const vec *const weights[2], vec *const result[2]) {
  const size_t input_width = r->w->input.width;
  const real *row = r->input + (iy * (ptrdiff_t)input_width + start_x) * LANES;
#pragma clang loop unroll(full)
  for (int j = 0; j < (count - 1) * stride + width; j++) {
    const int is_outside = checked && (size_t)(start_x + j) >= input_width;
    const vec v = is_outside ? (vec)0 : load(row + j * LANES);
#pragma clang loop unroll(full)
    for (int k = 0; k < width; k++) {
      const int i = (j - k) / stride;
      if (j < k || (j - k) % stride != 0 || i >= count) continue;
#pragma clang loop unroll(full)
      for (int n = 0; n < 2; n++) {
        if (weights[n]) result[n][i] = mul_add(v, weights[n][k], result[n][i]);
      }
    }
  }
}

/// `count` outputs of a depthwise convolution from `ox` on, whose windows are `width` wide and `stride` apart.
///
/// - Parameter checked: whether windows may reach beyond the width, where zeros stand. Known where this is
///   inlined, like those before it.
INLINE void narrow_outputs(const int width, const int stride, const int count, const int checked,
                           const blocked_row *r, size_t ox, const blocked_ending *e) {
  const mrdl_window *w = r->w;
  vec result[GROUP];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) result[i] = r->bias;
  const ptrdiff_t start_x = (ptrdiff_t)(ox * (size_t)stride) - (ptrdiff_t)w->begin.width;
  for (size_t y = r->y.first; y < r->y.last; y++) {
    const ptrdiff_t iy = r->start_y + (ptrdiff_t)(y * w->dilation.height);
    vec weights[5];
#pragma clang loop unroll(full)
    for (int k = 0; k < width; k++) {
      weights[k] = load(r->weights + (y * (size_t)width + (size_t)k) * LANES);
    }
    add_narrow_row(width, stride, count, checked, r, iy, start_x, (const vec *[]){weights, 0},
                   (vec *[]){result, 0});
  }
  const span whole = {0, (size_t)width};
  finish_outputs(WEIGHTED, count, r, whole, ox, e, result);
}

typedef void narrow_function(const blocked_row *r, size_t ox, const blocked_ending *e);

#define NARROW(width, stride, checked, count)                                                    \
  static void narrow_##width##_##stride##_##checked##_##count(const blocked_row *r, size_t ox,   \
                                                              const blocked_ending *e) {         \
    narrow_outputs(width, stride, count, checked, r, ox, e);                                     \
  }
#define EACH_COUNT(each, ...)                                                                    \
  each(__VA_ARGS__, 1) each(__VA_ARGS__, 2) each(__VA_ARGS__, 3) each(__VA_ARGS__, 4)            \
  each(__VA_ARGS__, 5) each(__VA_ARGS__, 6) each(__VA_ARGS__, 7) each(__VA_ARGS__, 8)
EACH_COUNT(NARROW, 3, 1, 0)
EACH_COUNT(NARROW, 3, 1, 1)
EACH_COUNT(NARROW, 3, 2, 0)
EACH_COUNT(NARROW, 3, 2, 1)
EACH_COUNT(NARROW, 5, 1, 0)
EACH_COUNT(NARROW, 5, 1, 1)
EACH_COUNT(NARROW, 5, 2, 0)
EACH_COUNT(NARROW, 5, 2, 1)

#define NARROW_NAME(width, stride, checked, count) narrow_##width##_##stride##_##checked##_##count,
#define NARROW_ROW(width, stride, checked) {EACH_COUNT(NARROW_NAME, width, stride, checked)}

/// By the width (3 or 5), the stride − 1, whether the border is near, and the outputs − 1.
static narrow_function *const narrow_functions[2][2][2][GROUP] = {
    {{NARROW_ROW(3, 1, 0), NARROW_ROW(3, 1, 1)}, {NARROW_ROW(3, 2, 0), NARROW_ROW(3, 2, 1)}},
    {{NARROW_ROW(5, 1, 0), NARROW_ROW(5, 1, 1)}, {NARROW_ROW(5, 2, 0), NARROW_ROW(5, 2, 1)}}};

static int is_narrow(const mrdl_window *w) {
  return (w->kernel.width == 3 || w->kernel.width == 5) && w->dilation.width == 1 &&
         w->stride.width <= 2;
}

/// Whether registers hold the sums of two rows and the weights of a window of three by three.
#define HAS_ROW_PAIRS (TILE_ROWS * TILE_VECTORS >= 2 * GROUP + 9)

#if HAS_ROW_PAIRS
/// Outputs of two rows of a depthwise convolution of three by three: what both see is loaded once, and so
/// are the weights.
INLINE void pair_outputs(const int stride, const int count, const int checked,
                         const blocked_row *r, size_t ox, const blocked_ending *e) {
  const mrdl_window *w = r->w;
  vec result[2][GROUP], weights[3][3];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) result[0][i] = result[1][i] = r->bias;
#pragma clang loop unroll(full)
  for (int k = 0; k < 9; k++) weights[k / 3][k % 3] = load(r->weights + k * LANES);
  const ptrdiff_t start_x = (ptrdiff_t)(ox * (size_t)stride) - (ptrdiff_t)w->begin.width;
#pragma clang loop unroll(full)
  for (int y = 0; y < 3 + stride; y++) {
    const ptrdiff_t iy = r->start_y + y;
    if ((size_t)iy >= w->input.height) continue;
    const vec *const seen_with[2] = {y < 3 ? weights[y] : 0,
                                     y >= stride ? weights[y - stride] : 0};
    add_narrow_row(3, stride, count, checked, r, iy, start_x, seen_with,
                   (vec *[]){result[0], result[1]});
  }
  const span whole = {0, 3};
  const size_t row = w->output.width * LANES;
  blocked_ending second = *e;
  second.output += row;
  if (second.residual) second.residual += row;
  finish_outputs(WEIGHTED, count, r, whole, ox, e, result[0]);
  finish_outputs(WEIGHTED, count, r, whole, ox, &second, result[1]);
}

#define PAIR(stride, checked, count)                                                             \
  static void pair_##stride##_##checked##_##count(const blocked_row *r, size_t ox,               \
                                                  const blocked_ending *e) {                     \
    pair_outputs(stride, count, checked, r, ox, e);                                              \
  }
EACH_COUNT(PAIR, 1, 0)
EACH_COUNT(PAIR, 1, 1)
EACH_COUNT(PAIR, 2, 0)
EACH_COUNT(PAIR, 2, 1)
#define PAIR_NAME(stride, checked, count) pair_##stride##_##checked##_##count,
#define PAIR_ROW(stride, checked) {EACH_COUNT(PAIR_NAME, stride, checked)}

/// By the stride − 1, whether the border is near, and the outputs of a row − 1.
static narrow_function *const pair_functions[2][2][GROUP] = {{PAIR_ROW(1, 0), PAIR_ROW(1, 1)},
                                                             {PAIR_ROW(2, 0), PAIR_ROW(2, 1)}};

static int takes_row_pairs(const mrdl_window *w) {
  return w->kernel.width == 3 && w->kernel.height == 3 && w->stride.width == w->stride.height &&
         w->dilation.height == 1;
}
#endif

/// The outputs of a row are shared out evenly among as few groups as can hold them.
static void walk_narrow_rows(const mrdl_window *w, size_t first_row, size_t last_row,
                             const real *input, const real *weights, const real *bias,
                             const blocked_ending *ending) {
  blocked_row r = {
      .w = w, .input = input, .weights = weights, .bias = bias ? load(bias) : (vec)0};
  const size_t groups = (w->output.width + GROUP - 1) / GROUP;
  if (groups == 0) return;
  const size_t least = w->output.width / groups, larger = w->output.width % groups;
  for (size_t oy = first_row; oy < last_row;) {
    // By whether the border is near, and the outputs − 1.
    narrow_function *const(*functions)[GROUP] =
        narrow_functions[w->kernel.width == 5][w->stride.width - 1];
    size_t rows = 1;
#if HAS_ROW_PAIRS
    if (oy + 1 < last_row && takes_row_pairs(w)) {
      functions = pair_functions[w->stride.width - 1];
      rows = 2;
    }
#endif
    r.start_y = (ptrdiff_t)(oy * w->stride.height) - (ptrdiff_t)w->begin.height;
    r.y = taps_inside(r.start_y, w->kernel.height, w->dilation.height,
                      (ptrdiff_t)w->input.height);
    blocked_ending e = *ending;
    e.output += oy * w->output.width * LANES;
    if (e.residual) e.residual += oy * w->output.width * LANES;
    size_t ox = 0;
    for (size_t group = 0; group < groups; group++) {
      const size_t count = least + (group < larger);
      const size_t end = (ox + count - 1) * w->stride.width + w->kernel.width;
      const int near =
          ox * w->stride.width < w->begin.width || end > w->input.width + w->begin.width;
      functions[near][count - 1](&r, ox, &e);
      ox += count;
    }
    oy += rows;
  }
}

void KERNEL(blocked_depthwise)(const mrdl_window *w, size_t first_row, size_t last_row,
                               const real *input, const real *weights, const real *bias,
                               const real *residual, int32_t clamp, real low, real high,
                               real *output) {
  const blocked_ending e = {residual, clamp, (vec)low, (vec)high, output};
  if (is_narrow(w)) {
    walk_narrow_rows(w, first_row, last_row, input, weights, bias, &e);
  } else {
    walk_rows(WEIGHTED, w, first_row, last_row, input, weights, bias, 0, &e);
  }
}

void KERNEL(blocked_max_pool)(const mrdl_window *w, size_t first_row, size_t last_row,
                              const real *input, real *output) {
  const blocked_ending e = {.output = output};
  walk_rows(LARGEST, w, first_row, last_row, input, 0, 0, 0, &e);
}

void KERNEL(blocked_average_pool)(const mrdl_window *w, size_t first_row, size_t last_row,
                                  const real *input, real *output, int32_t count_padding) {
  const blocked_ending e = {.output = output};
  walk_rows(MEAN, w, first_row, last_row, input, 0, 0, count_padding, &e);
}

void KERNEL(blocked_mean)(size_t pixels, const real *input, real *output) {
  double sums[LANES] = {0};
  for (size_t i = 0; i < pixels; i++) {
    for (int lane = 0; lane < LANES; lane++) sums[lane] += input[i * LANES + (size_t)lane];
  }
  for (int lane = 0; lane < LANES; lane++) output[lane] = (real)(sums[lane] / (double)pixels);
}

void KERNEL(blocked_largest)(size_t pixels, const real *input, real *output) {
  vec v = (vec)-REAL_INFINITY;
  for (size_t i = 0; i < pixels; i++) v = larger(load(input + i * LANES), v);
  store(output, v);
}
