// The way back of pooling.

#include "../include/mrdl_window.h"
#include "taps.h"

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
        for (size_t ox = 0; ox < w->output.width; ox++) {
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

void KERNEL(average_pool_backward)(const mrdl_window *window, size_t planes, const real *dy,
                                   real *dx, int32_t count_padding) {
  const mrdl_window w = *window;
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
