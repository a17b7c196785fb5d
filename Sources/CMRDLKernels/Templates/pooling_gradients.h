// The way back of pooling.

#include "../include/mrdl_window.h"
#include "ends.h"
#include "taps.h"

#ifdef REGISTER_BYTES

/// Some neighbours of a row in two registers: those at even places and those at odd ones.
typedef struct {
  vec even, odd;
} neighbours;

/// Reads 2 · count elements, count ≤ LANES.
INLINE neighbours take_neighbours(const real *p, size_t count) {
  const vec first = take(p, 2 * count);
  const vec last = 2 * count > LANES ? take(p + LANES, 2 * count - LANES) : (vec)0;
  return (neighbours){even_lanes(first, last), odd_lanes(first, last)};
}

INLINE void put_neighbours(real *p, vec even, vec odd, size_t count) {
  put(p, first_pairs(even, odd), 2 * count);
  if (2 * count > LANES) put(p + LANES, last_pairs(even, odd), 2 * count - LANES);
}

/// One row of windows of two by two: each dy goes to the first of the largest elements.
INLINE void quarter_row(size_t columns, const real *upper, const real *lower, const real *dy,
                        real *to_upper, real *to_lower) {
  const vec none = (vec)0;
  for (size_t ox = 0; ox < columns; ox += LANES) {
    const size_t count = columns - ox < LANES ? columns - ox : LANES;
    const neighbours u = take_neighbours(upper + 2 * ox, count);
    const neighbours l = take_neighbours(lower + 2 * ox, count);
    const ivec right_above = (u.odd > u.even) | (u.odd != u.odd);
    const ivec right_below = (l.odd > l.even) | (l.odd != l.odd);
    const vec above = right_above ? u.odd : u.even, below = right_below ? l.odd : l.even;
    const ivec under = (below > above) | (below != below);
    const vec slope = take(dy + ox, count);
    const vec for_above = under ? none : slope, for_below = under ? slope : none;
    put_neighbours(to_upper + 2 * ox, right_above ? none : for_above,
                   right_above ? for_above : none, count);
    put_neighbours(to_lower + 2 * ox, right_below ? none : for_below,
                   right_below ? for_below : none, count);
  }
}

/// One row of windows of two by two: a quarter of each dy goes to every element.
INLINE void quarter_shares(size_t columns, const real *dy, real *upper, real *lower) {
  for (size_t ox = 0; ox < columns; ox += LANES) {
    const size_t count = columns - ox < LANES ? columns - ox : LANES;
    const vec share = take(dy + ox, count) / (vec)4;
    put_neighbours(upper + 2 * ox, share, share, count);
    put_neighbours(lower + 2 * ox, share, share, count);
  }
}

#else

INLINE void quarter_row(size_t columns, const real *upper, const real *lower, const real *dy,
                        real *to_upper, real *to_lower) {
  for (size_t ox = 0; ox < columns; ox++) {
    const real a = upper[2 * ox], b = upper[2 * ox + 1];
    const real c = lower[2 * ox], d = lower[2 * ox + 1];
    const int right_above = b > a || b != b;
    const real above = right_above ? b : a;
    const int right_below = d > c || d != d;
    const real below = right_below ? d : c;
    const int under = below > above || below != below;
    const real slope = dy[ox];
    to_upper[2 * ox] = !under && !right_above ? slope : 0;
    to_upper[2 * ox + 1] = !under && right_above ? slope : 0;
    to_lower[2 * ox] = under && !right_below ? slope : 0;
    to_lower[2 * ox + 1] = under && right_below ? slope : 0;
  }
}

INLINE void quarter_shares(size_t columns, const real *dy, real *upper, real *lower) {
  for (size_t ox = 0; ox < columns; ox++) {
    upper[2 * ox] = upper[2 * ox + 1] = lower[2 * ox] = lower[2 * ox + 1] = dy[ox] / 4;
  }
}

#endif

/// Two by two windows side by side without padding: every element belongs to one window at most.
INLINE void quarters_backward(const mrdl_window *w, size_t planes, const real *x, const real *dy,
                              real *dx) {
  const size_t width = w->input.width, lines = w->input.depth * w->input.height;
  for (size_t p = 0; p < planes; p++, x += lines * width, dx += lines * width) {
    for (size_t oz = 0; oz < w->output.depth; oz++) {
      for (size_t oy = 0; oy < w->output.height; oy++, dy += w->output.width) {
        const size_t at = (oz * w->input.height + 2 * oy) * width;
        const real *upper = x + at, *lower = upper + width;
        real *to_upper = dx + at, *to_lower = to_upper + width;
        quarter_row(w->output.width, upper, lower, dy, to_upper, to_lower);
        for (size_t i = 2 * w->output.width; i < width; i++) to_upper[i] = to_lower[i] = 0;
      }
      for (size_t iy = 2 * w->output.height; iy < w->input.height; iy++) {
        real *row = dx + (oz * w->input.height + iy) * width;
        for (size_t i = 0; i < width; i++) row[i] = 0;
      }
    }
  }
}

INLINE int is_quarters(const mrdl_window *w) {
  return w->kernel.depth == 1 && w->kernel.height == 2 && w->kernel.width == 2 &&
         w->stride.depth == 1 && w->stride.height == 2 && w->stride.width == 2 &&
         w->dilation.height == 1 && w->dilation.width == 1 && w->begin.depth == 0 &&
         w->begin.height == 0 && w->begin.width == 0 && w->output.depth == w->input.depth &&
         2 * w->output.height <= w->input.height && 2 * w->output.width <= w->input.width;
}

void KERNEL(max_pool_backward)(const mrdl_window *window, size_t planes, const real *x,
                               const real *dy, real *dx) {
  const mrdl_window w = *window;
  if (is_quarters(&w)) {
    quarters_backward(&w, planes, x, dy, dx);
    return;
  }
  const size_t plane = w.input.depth * w.input.height * w.input.width;
  for (size_t p = 0; p < planes; p++, x += plane, dx += plane) {
    for (size_t i = 0; i < plane; i++) dx[i] = 0;
    for (size_t oz = 0; oz < w.output.depth; oz++) {
      const ptrdiff_t at_z = (ptrdiff_t)(oz * w.stride.depth) - (ptrdiff_t)w.begin.depth;
      const span tz =
          taps_inside(at_z, w.kernel.depth, w.dilation.depth, (ptrdiff_t)w.input.depth);
      for (size_t oy = 0; oy < w.output.height; oy++) {
        const ptrdiff_t at_y = (ptrdiff_t)(oy * w.stride.height) - (ptrdiff_t)w.begin.height;
        const span ty =
            taps_inside(at_y, w.kernel.height, w.dilation.height, (ptrdiff_t)w.input.height);
        for (size_t ox = 0; ox < w.output.width; ox++) {
          const ptrdiff_t at_x = (ptrdiff_t)(ox * w.stride.width) - (ptrdiff_t)w.begin.width;
          const span tx =
              taps_inside(at_x, w.kernel.width, w.dilation.width, (ptrdiff_t)w.input.width);
          const real slope = *dy++;
          real best = 0;
          size_t where = plane;
          for (size_t z = tz.first; z < tz.last; z++) {
            const size_t iz = (size_t)(at_z + (ptrdiff_t)(z * w.dilation.depth));
            for (size_t y = ty.first; y < ty.last; y++) {
              const size_t iy = (size_t)(at_y + (ptrdiff_t)(y * w.dilation.height));
              const size_t row = (iz * w.input.height + iy) * w.input.width;
              for (size_t t = tx.first; t < tx.last; t++) {
                const size_t i = row + (size_t)(at_x + (ptrdiff_t)(t * w.dilation.width));
                if (where == plane || x[i] > best || (x[i] != x[i] && best == best)) {
                  best = x[i];
                  where = i;
                }
              }
            }
          }
          if (where < plane) dx[where] += slope;
        }
      }
    }
  }
}

/// Each dy, a quarter of it to all four elements of its window.
INLINE void quarters_spread(const mrdl_window *w, size_t planes, const real *dy, real *dx) {
  const size_t width = w->input.width, columns = w->output.width;
  for (size_t p = 0; p < planes * w->input.depth; p++, dx += w->input.height * width) {
    for (size_t oy = 0; oy < w->output.height; oy++, dy += columns) {
      real *upper = dx + 2 * oy * width, *lower = upper + width;
      quarter_shares(columns, dy, upper, lower);
      for (size_t i = 2 * columns; i < width; i++) upper[i] = lower[i] = 0;
    }
    for (size_t i = 2 * w->output.height * width; i < w->input.height * width; i++) dx[i] = 0;
  }
}

void KERNEL(average_pool_backward)(const mrdl_window *window, size_t planes, const real *dy,
                                   real *dx, int32_t count_padding) {
  const mrdl_window w = *window;
  if (is_quarters(&w)) {
    quarters_spread(&w, planes, dy, dx);
    return;
  }
  const size_t plane = w.input.depth * w.input.height * w.input.width;
  for (size_t p = 0; p < planes; p++, dx += plane) {
    for (size_t i = 0; i < plane; i++) dx[i] = 0;
    for (size_t oz = 0; oz < w.output.depth; oz++) {
      const ptrdiff_t at_z = (ptrdiff_t)(oz * w.stride.depth) - (ptrdiff_t)w.begin.depth;
      const span tz =
          taps_inside(at_z, w.kernel.depth, w.dilation.depth, (ptrdiff_t)w.input.depth);
      const size_t count_z = counted(at_z, w.kernel.depth, w.dilation.depth, w.input.depth,
                                     w.end.depth, tz, count_padding);
      for (size_t oy = 0; oy < w.output.height; oy++) {
        const ptrdiff_t at_y = (ptrdiff_t)(oy * w.stride.height) - (ptrdiff_t)w.begin.height;
        const span ty =
            taps_inside(at_y, w.kernel.height, w.dilation.height, (ptrdiff_t)w.input.height);
        const size_t count_zy = count_z * counted(at_y, w.kernel.height, w.dilation.height,
                                                  w.input.height, w.end.height, ty, count_padding);
        for (size_t ox = 0; ox < w.output.width; ox++) {
          const ptrdiff_t at_x = (ptrdiff_t)(ox * w.stride.width) - (ptrdiff_t)w.begin.width;
          const span tx =
              taps_inside(at_x, w.kernel.width, w.dilation.width, (ptrdiff_t)w.input.width);
          const size_t count = count_zy * counted(at_x, w.kernel.width, w.dilation.width,
                                                  w.input.width, w.end.width, tx, count_padding);
          const real share = count ? *dy / (real)count : 0;
          dy += 1;
          for (size_t z = tz.first; z < tz.last; z++) {
            const size_t iz = (size_t)(at_z + (ptrdiff_t)(z * w.dilation.depth));
            for (size_t y = ty.first; y < ty.last; y++) {
              const size_t iy = (size_t)(at_y + (ptrdiff_t)(y * w.dilation.height));
              real *row = dx + (iz * w.input.height + iy) * w.input.width;
              for (size_t t = tx.first; t < tx.last; t++) {
                row[at_x + (ptrdiff_t)(t * w.dilation.width)] += share;
              }
            }
          }
        }
      }
    }
  }
}
