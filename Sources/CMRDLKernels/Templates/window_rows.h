// Walks windows over planes: depthwise convolution and pooling share the loops, and differ in what
// a window does with the elements that it sees.

#include "../include/mrdl_window.h"
#include "extremes.h"
#include "taps.h"

/// What is done with the elements of a window.
enum { LARGEST, MEAN, WEIGHTED };

/// The output positions of an axis whose window lies inside the input.
INLINE span inner_positions(size_t input, size_t output, size_t kernel, size_t stride,
                            size_t dilation, size_t begin) {
  const size_t reach = (kernel - 1) * dilation;
  size_t first = (begin + stride - 1) / stride;
  size_t last = input + begin > reach ? (input + begin - reach - 1) / stride + 1 : 0;
  if (last > output) last = output;
  if (first > last) first = last;
  return (span){first, last};
}

/// `count` ≤ LANES elements, `step` apart; `whole` says that they are LANES. Reads nothing between
/// the last one and the end of a register.
INLINE vec load_apart(const real *p, size_t step, const int whole, size_t count) {
  if (step == 1) return whole ? load(p) : load_part(p, count);
#if LANES > 1
  if (step == 2) {
    if (whole) return even_then_odd_lanes(load(p), load(p + LANES - 1));
    const size_t reach = 2 * count - 1;
    if (reach <= LANES) return even_lanes(load_part(p, reach), (vec)0);
    return even_lanes(load(p), load_part(p + LANES, reach - LANES));
  }
#endif
  real t[LANES] = {0};
  for (size_t i = 0; i < count; i++) t[i] = p[i * step];
  return load(t);
}

/// One line of the output of one plane.
typedef struct {
  mrdl_window w;
  /// The first tap's place in the input, along depth and height.
  ptrdiff_t start_z, start_y;
  /// The taps inside the input, along depth and height.
  span z, y;
  /// The outputs whose window lies inside the input's width.
  span inner;
  const real *plane;
  const real *weights;
  real bias;
  /// Taps of depth times height that count in a mean.
  size_t counted_zy;
  int count_padding;
} line;

INLINE const real *input_row(const line *l, size_t z, size_t y) {
  const size_t iz = (size_t)(l->start_z + (ptrdiff_t)(z * l->w.dilation.depth));
  const size_t iy = (size_t)(l->start_y + (ptrdiff_t)(y * l->w.dilation.height));
  return l->plane + (iz * l->w.input.height + iy) * l->w.input.width;
}

/// The outputs from `ox`, LANES or `count` of them, of windows inside the input's width.
INLINE void inner_outputs(const int kind, const size_t step, const int whole, const line *l,
                          size_t ox, size_t count, real *to) {
  const size_t at = ox * step - l->w.begin.width;
  vec result = kind == LARGEST ? (vec)-REAL_INFINITY : (vec)(kind == WEIGHTED ? l->bias : 0);
  for (size_t z = l->z.first; z < l->z.last; z++) {
    for (size_t y = l->y.first; y < l->y.last; y++) {
      const real *row = input_row(l, z, y) + at;
      const real *weights =
          kind == WEIGHTED ? l->weights + (z * l->w.kernel.height + y) * l->w.kernel.width : 0;
      for (size_t x = 0; x < l->w.kernel.width; x++) {
        const vec v = load_apart(row + x * l->w.dilation.width, step, whole, count);
        if (kind == LARGEST) result = larger(v, result);
        if (kind == MEAN) result = result + v;
        if (kind == WEIGHTED) result = mul_add((vec)weights[x], v, result);
      }
    }
  }
  if (kind == MEAN) {
    const size_t taps = l->counted_zy * l->w.kernel.width;
    result = taps ? result / (vec)(real)taps : (vec)0;
  }
  if (whole) {
    store(to + ox, result);
  } else {
    store_part(to + ox, result, count);
  }
}

#if LANES > 1
/// Two registers of a row, or its last `reach` elements.
INLINE void load_pair(const real *row, const int whole, size_t reach, vec *v, vec *w) {
  if (whole || reach > LANES) {
    *v = load(row);
    *w = whole ? load(row + LANES) : load_part(row + LANES, reach - LANES);
  } else {
    *v = load_part(row, reach);
    *w = (vec)0;
  }
}

/// The results of windows two elements wide from what is found for each of their columns.
INLINE void store_pairs(const int kind, const int whole, vec low, vec high, size_t taps,
                        size_t count, real *to) {
  const vec even = even_lanes(low, high), odd = odd_lanes(low, high);
  vec result = kind == LARGEST ? larger(odd, even) : even + odd;
  if (kind == MEAN) result = taps ? result / (vec)(real)taps : (vec)0;
  if (whole) {
    store(to, result);
  } else {
    store_part(to, result, count);
  }
}

/// As `inner_outputs` for windows that lie side by side, two elements wide: each element is loaded
/// once.
INLINE void paired_outputs(const int kind, const int whole, const line *l, size_t ox, size_t count,
                           real *to) {
  const size_t at = 2 * ox - l->w.begin.width;
  const vec start = kind == LARGEST ? (vec)-REAL_INFINITY : (vec)0;
  vec low = start, high = start;
  for (size_t z = l->z.first; z < l->z.last; z++) {
    for (size_t y = l->y.first; y < l->y.last; y++) {
      vec v, w;
      load_pair(input_row(l, z, y) + at, whole, 2 * count, &v, &w);
      low = kind == LARGEST ? larger(v, low) : low + v;
      high = kind == LARGEST ? larger(w, high) : high + w;
    }
  }
  store_pairs(kind, whole, low, high, l->counted_zy * 2, count, to + ox);
}

/// Whether windows are 2 × 2, lie side by side and inside the input.
INLINE int is_square_of_two(const mrdl_window *w) {
  return w->kernel.depth == 1 && w->input.depth == 1 && w->output.depth == 1
         && w->kernel.height == 2 && w->stride.height == 2 && w->dilation.height == 1
         && w->kernel.width == 2 && w->stride.width == 2 && w->dilation.width == 1
         && w->begin.depth == 0 && w->begin.height == 0 && w->begin.width == 0
         && 2 * w->output.height <= w->input.height && 2 * w->output.width <= w->input.width;
}

/// Some outputs of such windows: the columns of two rows are joined, then pairs of them.
INLINE void square_outputs(const int kind, const int whole, const real *row, size_t next_row,
                           size_t count, real *to) {
  vec v, w, x, y;
  load_pair(row, whole, 2 * count, &v, &w);
  load_pair(row + next_row, whole, 2 * count, &x, &y);
  const vec low = kind == LARGEST ? larger(x, v) : v + x;
  const vec high = kind == LARGEST ? larger(y, w) : w + y;
  store_pairs(kind, whole, low, high, 4, count, to);
}

INLINE void walk_squares(const int kind, const mrdl_window *w, size_t planes, const real *input,
                         real *output) {
  const size_t width = w->input.width, columns = w->output.width;
  const size_t wholes = columns / LANES * LANES, left = columns - wholes;
  for (size_t p = 0; p < planes; p++, input += w->input.height * width) {
    for (size_t oy = 0; oy < w->output.height; oy++, output += columns) {
      const real *row = input + 2 * oy * width;
      for (size_t ox = 0; ox < wholes; ox += LANES) {
        square_outputs(kind, 1, row + 2 * ox, width, LANES, output + ox);
      }
      if (left) square_outputs(kind, 0, row + 2 * wholes, width, left, output + wholes);
    }
  }
}
#endif

/// The output at `ox`, whose window may reach over the edges of the input's width.
INLINE real outer_output(const int kind, const line *l, size_t ox) {
  const ptrdiff_t start = (ptrdiff_t)(ox * l->w.stride.width) - (ptrdiff_t)l->w.begin.width;
  const span taps =
      taps_inside(start, l->w.kernel.width, l->w.dilation.width, (ptrdiff_t)l->w.input.width);
  real result = kind == LARGEST ? -REAL_INFINITY : kind == WEIGHTED ? l->bias : 0;
  for (size_t z = l->z.first; z < l->z.last; z++) {
    for (size_t y = l->y.first; y < l->y.last; y++) {
      const real *row = input_row(l, z, y);
      const real *weights =
          kind == WEIGHTED ? l->weights + (z * l->w.kernel.height + y) * l->w.kernel.width : 0;
      for (size_t x = taps.first; x < taps.last; x++) {
        const real v = row[start + (ptrdiff_t)(x * l->w.dilation.width)];
        if (kind == LARGEST && (v > result || v != v)) result = v;
        if (kind == MEAN) result += v;
        if (kind == WEIGHTED) result += weights[x] * v;
      }
    }
  }
  if (kind == MEAN) {
    const size_t count =
        l->counted_zy * counted(start, l->w.kernel.width, l->w.dilation.width, l->w.input.width,
                                l->w.end.width, taps, l->count_padding);
    result = count ? result / (real)count : 0;
  }
  return result;
}

INLINE void inner_line(const int kind, const size_t step, const line *l, real *to) {
  size_t ox = l->inner.first;
  for (; ox + LANES <= l->inner.last; ox += LANES) {
    inner_outputs(kind, step, 1, l, ox, LANES, to);
  }
  if (ox == l->inner.last) return;
  if (l->inner.last - l->inner.first >= LANES) {
    // The last whole register once more, over some outputs that are there already.
    inner_outputs(kind, step, 1, l, l->inner.last - LANES, LANES, to);
  } else {
    inner_outputs(kind, step, 0, l, ox, l->inner.last - ox, to);
  }
}

INLINE void any_line(const int kind, const line *l, real *to) {
  for (size_t ox = 0; ox < l->inner.first; ox++) to[ox] = outer_output(kind, l, ox);
  const size_t step = l->w.stride.width;
#if LANES > 1
  if (kind != WEIGHTED && step == 2 && l->w.kernel.width == 2 && l->w.dilation.width == 1) {
    size_t ox = l->inner.first;
    for (; ox + LANES <= l->inner.last; ox += LANES) paired_outputs(kind, 1, l, ox, LANES, to);
    if (ox < l->inner.last) paired_outputs(kind, 0, l, ox, l->inner.last - ox, to);
  } else
#endif
  if (step == 1) {
    inner_line(kind, 1, l, to);
  } else if (step == 2) {
    inner_line(kind, 2, l, to);
  } else {
    inner_line(kind, step, l, to);
  }
  for (size_t ox = l->inner.last; ox < l->w.output.width; ox++) to[ox] = outer_output(kind, l, ox);
}

INLINE void walk_planes(const int kind, const mrdl_window *window, size_t planes, const real *input,
                        const real *weights, const real *bias, real *output, int count_padding) {
#if LANES > 1
  if (kind != WEIGHTED && is_square_of_two(window)) {
    walk_squares(kind, window, planes, input, output);
    return;
  }
#endif
  line l = {.w = *window, .count_padding = count_padding};
  const mrdl_window *w = &l.w;
  l.inner = inner_positions(w->input.width, w->output.width, w->kernel.width, w->stride.width,
                            w->dilation.width, w->begin.width);
  const size_t plane = w->input.depth * w->input.height * w->input.width;
  for (size_t p = 0; p < planes; p++) {
    l.plane = input + p * plane;
    if (kind == WEIGHTED) {
      l.weights = weights + p * w->kernel.depth * w->kernel.height * w->kernel.width;
      l.bias = bias ? bias[p] : 0;
    }
    for (size_t oz = 0; oz < w->output.depth; oz++) {
      l.start_z = (ptrdiff_t)(oz * w->stride.depth) - (ptrdiff_t)w->begin.depth;
      l.z = taps_inside(l.start_z, w->kernel.depth, w->dilation.depth, (ptrdiff_t)w->input.depth);
      const size_t counted_z = counted(l.start_z, w->kernel.depth, w->dilation.depth,
                                       w->input.depth, w->end.depth, l.z, count_padding);
      for (size_t oy = 0; oy < w->output.height; oy++, output += w->output.width) {
        l.start_y = (ptrdiff_t)(oy * w->stride.height) - (ptrdiff_t)w->begin.height;
        l.y = taps_inside(l.start_y, w->kernel.height, w->dilation.height,
                          (ptrdiff_t)w->input.height);
        l.counted_zy = counted_z * counted(l.start_y, w->kernel.height, w->dilation.height,
                                           w->input.height, w->end.height, l.y, count_padding);
        any_line(kind, &l, output);
      }
    }
  }
}
