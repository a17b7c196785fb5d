// What convolution's way back needs of its windows.

#include "../include/mrdl_window.h"
#include "panels.h"

/// A place in a window and the channel that it looks at.
typedef struct {
  size_t channel, z, y, x;
} place;

INLINE place place_of(const mrdl_window *w, size_t index) {
  place p;
  p.x = index % w->kernel.width;
  index /= w->kernel.width;
  p.y = index % w->kernel.height;
  index /= w->kernel.height;
  p.z = index % w->kernel.depth;
  p.channel = index / w->kernel.depth;
  return p;
}

/// A stretch of output positions within one row of the output, seen from one place in the window.
typedef struct {
  /// Offset in the input channel of the row, -1 when the row lies outside.
  ptrdiff_t row;
  /// Where in the row the first position looks, and which of the positions look inside.
  ptrdiff_t at, low, high;
  size_t count;
} stretch;

/// The stretch of up to `count` output positions from `position` on.
INLINE stretch stretch_of(const mrdl_window *w, place p, size_t position, size_t count) {
  const size_t ox = position % w->output.width, line = position / w->output.width;
  const size_t oy = line % w->output.height, oz = line / w->output.height;
  stretch s;
  s.count = w->output.width - ox < count ? w->output.width - ox : count;
  const ptrdiff_t iz =
      (ptrdiff_t)(oz * w->stride.depth + p.z * w->dilation.depth) - (ptrdiff_t)w->begin.depth;
  const ptrdiff_t iy =
      (ptrdiff_t)(oy * w->stride.height + p.y * w->dilation.height) - (ptrdiff_t)w->begin.height;
  s.at = (ptrdiff_t)(ox * w->stride.width + p.x * w->dilation.width) - (ptrdiff_t)w->begin.width;
  s.row = -1;
  s.low = s.high = 0;
  if (iz < 0 || iz >= (ptrdiff_t)w->input.depth || iy < 0 || iy >= (ptrdiff_t)w->input.height) {
    return s;
  }
  s.row = (iz * (ptrdiff_t)w->input.height + iy) * (ptrdiff_t)w->input.width;
  const ptrdiff_t step = (ptrdiff_t)w->stride.width, width = (ptrdiff_t)w->input.width;
  s.low = s.at < 0 ? (-s.at + step - 1) / step : 0;
  s.high = s.at < width ? (width - s.at + step - 1) / step : 0;
  if (s.high > (ptrdiff_t)s.count) s.high = (ptrdiff_t)s.count;
  if (s.low > s.high) s.low = s.high;
  return s;
}

void KERNEL(pack_patches_transposed)(const mrdl_window *window, const real *input,
                                     size_t first_position, size_t positions, size_t first_place,
                                     size_t places, real *packed) {
  const mrdl_window w = *window;
  const size_t volume = w.input.depth * w.input.height * w.input.width;
  const ptrdiff_t step = (ptrdiff_t)w.stride.width;
  for (size_t column = 0; column < places; column += TILE_COLUMNS) {
    const size_t left = places - column;
    const size_t count = left < TILE_COLUMNS ? left : TILE_COLUMNS;
    for (size_t j = 0; j < TILE_COLUMNS; j++) {
      real *to = packed + j;
      if (j >= count) {
        for (size_t n = 0; n < positions; n++) to[n * TILE_COLUMNS] = 0;
        continue;
      }
      const place p = place_of(&w, first_place + column + j);
      const real *channel = input + p.channel * volume;
      for (size_t n = 0; n < positions;) {
        const stretch s = stretch_of(&w, p, first_position + n, positions - n);
        const real *row = channel + (s.row < 0 ? 0 : s.row);
        ptrdiff_t i = 0;
        for (; i < s.low; i++, to += TILE_COLUMNS) *to = 0;
        for (; i < s.high; i++, to += TILE_COLUMNS) *to = row[s.at + i * step];
        for (; i < (ptrdiff_t)s.count; i++, to += TILE_COLUMNS) *to = 0;
        n += s.count;
      }
    }
    packed += positions * TILE_COLUMNS;
  }
}

void KERNEL(add_patches)(const mrdl_window *window, const real *matrix, size_t row_stride,
                         size_t first_place, size_t places, size_t first_position, size_t positions,
                         real *input) {
  const mrdl_window w = *window;
  const size_t volume = w.input.depth * w.input.height * w.input.width;
  const ptrdiff_t step = (ptrdiff_t)w.stride.width;
  for (size_t k = 0; k < places; k++) {
    const place p = place_of(&w, first_place + k);
    real *channel = input + p.channel * volume;
    const real *from = matrix + k * row_stride;
    for (size_t n = 0; n < positions;) {
      const stretch s = stretch_of(&w, p, first_position + n, positions - n);
      real *row = channel + (s.row < 0 ? 0 : s.row);
      ptrdiff_t i = s.low;
      if (step == 1) {
        real *to = row + s.at;
        for (; i + LANES <= s.high; i += LANES) store(to + i, load(to + i) + load(from + i));
        for (; i < s.high; i++) to[i] += from[i];
      } else {
        for (; i < s.high; i++) row[s.at + i * step] += from[i];
      }
      from += s.count;
      n += s.count;
    }
  }
}
