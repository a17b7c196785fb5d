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

/// What a place in the window sees at one output position.
INLINE real seen(stretch s, const real *row, ptrdiff_t step, ptrdiff_t index) {
  return index >= s.low && index < s.high ? row[s.at + index * step] : 0;
}

/// Copies a few neighbours to each of the positions; with a constant length that is a move or two.
#define COPY_RUNS(length)                                                                \
  for (size_t i = 0; i < positions; i++, from += step, to += TILE_COLUMNS) {             \
    for (size_t j = 0; j < (length); j++) to[j] = from[j];                               \
  }

INLINE void copy_runs(size_t length, const real *from, ptrdiff_t step, size_t positions, real *to) {
  switch (length) {
    case 1: COPY_RUNS(1) break;
    case 2: COPY_RUNS(2) break;
    case 3: COPY_RUNS(3) break;
    case 4: COPY_RUNS(4) break;
    case 5: COPY_RUNS(5) break;
    case 6: COPY_RUNS(6) break;
    case 7: COPY_RUNS(7) break;
    default: COPY_RUNS(length)
  }
}
#undef COPY_RUNS

/// Packs `count` places that lie side by side in a row of the window and look at neighbours.
INLINE void pack_run(const mrdl_window *w, const real *input, place p, size_t count,
                     size_t first_position, size_t positions, real *to) {
  const real *channel = input + p.channel * w->input.depth * w->input.height * w->input.width;
  const ptrdiff_t step = (ptrdiff_t)w->stride.width;
  place end = p;
  end.x += count - 1;
  for (size_t n = 0; n < positions;) {
    const stretch first = stretch_of(w, p, first_position + n, positions - n);
    const stretch last = stretch_of(w, end, first_position + n, positions - n);
    const real *row = channel + (first.row < 0 ? 0 : first.row);
    // Where the leftmost place is not before the row and the rightmost not behind it.
    ptrdiff_t low = first.low, high = last.high;
    if (high < low) high = low;
    for (size_t j = 0; j < count; j++) {
      place at = p;
      at.x += j;
      const stretch s = stretch_of(w, at, first_position + n, positions - n);
      for (ptrdiff_t i = 0; i < low; i++) {
        to[i * TILE_COLUMNS + (ptrdiff_t)j] = seen(s, row, step, i);
      }
      for (ptrdiff_t i = high; i < (ptrdiff_t)s.count; i++) {
        to[i * TILE_COLUMNS + (ptrdiff_t)j] = seen(s, row, step, i);
      }
    }
    if (high > low) {
      copy_runs(count, row + (first.at + low * step), step, (size_t)(high - low),
                to + low * TILE_COLUMNS);
    }
    to += first.count * TILE_COLUMNS;
    n += first.count;
  }
}

void KERNEL(pack_patches_transposed)(const mrdl_window *window, const real *input,
                                     size_t first_position, size_t positions, size_t first_place,
                                     size_t places, real *packed) {
  const mrdl_window w = *window;
  for (size_t column = 0; column < places; column += TILE_COLUMNS) {
    const size_t left = places - column;
    const size_t count = left < TILE_COLUMNS ? left : TILE_COLUMNS;
    for (size_t j = 0; j < count;) {
      const place p = place_of(&w, first_place + column + j);
      size_t run = w.dilation.width == 1 ? w.kernel.width - p.x : 1;
      if (run > count - j) run = count - j;
      pack_run(&w, input, p, run, first_position, positions, packed + j);
      j += run;
    }
    if (count < TILE_COLUMNS) {
      for (size_t n = 0; n < positions; n++) {
        for (size_t j = count; j < TILE_COLUMNS; j++) packed[n * TILE_COLUMNS + j] = 0;
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
