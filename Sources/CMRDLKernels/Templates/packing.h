// Copies of the two matrices of a product in the order in which its tiles read them.

#include "../include/mrdl_window.h"
#include "panels.h"
#include "transpose.h"

/// Packs a panel whose rows lie side by side: the left matrix is the transpose of a row-major one.
INLINE void pack_columns(size_t height, size_t depth, real alpha, const real *from, size_t stride,
                         real *to) {
  const vec factor = (vec)alpha;
  for (size_t k = 0; k < depth; k++, from += stride, to += height) {
    size_t i = 0;
    for (; i + LANES <= height; i += LANES) store(to + i, factor * load(from + i));
    if (i < height) {
      store_part(to + i, factor * load_part(from + i, height - i), height - i);
    }
  }
}

#if LANES > 1
/// Packs LANES steps of the depth of some dense rows.
///
/// - Parameter rest: elements of the panel from `to` on.
INLINE void pack_square(size_t height, size_t count, real alpha, const real *from, size_t row_stride,
                        real *to, size_t rest) {
  vec steps[LANES];
  load_transposed(from, row_stride, count, steps);
#pragma clang loop unroll(full)
  for (size_t j = 0; j < LANES; j++) {
    const vec v = (vec)alpha * steps[j];
    // What is written beyond these rows is written over by what comes after them.
    if (count == LANES || j * height + LANES <= rest) {
      store(to + j * height, v);
    } else {
      store_part(to + j * height, v, count);
    }
  }
}

/// Packs a panel of dense rows.
INLINE void pack_rows(size_t height, size_t depth, real alpha, const real *from, size_t row_stride,
                      real *to) {
  const size_t full = height / LANES * LANES;
  for (size_t k = 0; k < depth; k += LANES) {
    // The last square begins earlier, so that it is whole.
    if (k + LANES > depth) k = depth - LANES;
    real *square = to + k * height;
    const size_t rest = (depth - k) * height;
    if (full < height) {
      pack_square(height, height - full, alpha, from + full * row_stride + k, row_stride,
                  square + full, rest - full);
    }
    for (size_t i = 0; i < full; i += LANES) {
      pack_square(height, LANES, alpha, from + i * row_stride + k, row_stride, square + i, rest - i);
    }
  }
}
#endif

void KERNEL(pack_a)(size_t rows, size_t first_panel, size_t last_panel, size_t depth, real alpha,
                    const real *a, size_t row_stride, size_t column_stride, real *packed) {
  const panels p = panels_of(rows);
  for (size_t panel = first_panel; panel < last_panel; panel++) {
    const size_t row = first_row(p, panel), height = height_of(p, panel);
    real *to = packed + row * depth;
    const real *from = a + row * row_stride;
    if (row_stride == 1) {
      pack_columns(height, depth, alpha, from, column_stride, to);
      continue;
    }
#if LANES > 1
    if (column_stride == 1 && depth >= LANES) {
      pack_rows(height, depth, alpha, from, row_stride, to);
      continue;
    }
#endif
    for (size_t i = 0; i < height; i++) {
      const real *source = from + i * row_stride;
      real *target = to + i;
      for (size_t k = 0; k < depth; k++) target[k * height] = alpha * source[k * column_stride];
    }
  }
}

/// Copies the first `count` ≤ TILE_COLUMNS elements and fills the panel's row with zeros.
INLINE void pack_row(const real *from, size_t count, real *to) {
  if (count == TILE_COLUMNS) {
#pragma clang loop unroll(full)
    for (int j = 0; j < TILE_VECTORS; j++) store(to + j * LANES, load(from + j * LANES));
    return;
  }
  for (int j = 0; j < TILE_VECTORS; j++) {
    const size_t start = (size_t)j * LANES;
    const size_t left = count > start ? count - start : 0;
    store(to + start, left >= LANES ? load(from + start) : load_part(from + start, left));
  }
}

/// Packs `count` ≤ TILE_COLUMNS columns that are dense themselves, and fills up the panel with zeros.
INLINE void pack_dense_columns(size_t depth, size_t count, const real *from, size_t column_stride,
                               real *to) {
#if LANES > 1
  if (depth >= LANES) {
    for (size_t start = 0; start < TILE_COLUMNS; start += LANES) {
      const size_t left = count > start ? count - start : 0;
      for (size_t k = 0; left == 0 && k < depth; k++) store(to + k * TILE_COLUMNS + start, (vec)0);
      for (size_t k = 0; left > 0 && k < depth; k += LANES) {
        // The last square begins earlier, so that it is whole.
        if (k + LANES > depth) k = depth - LANES;
        vec steps[LANES];
        load_transposed(from + start * column_stride + k, column_stride, left, steps);
#pragma clang loop unroll(full)
        for (size_t j = 0; j < LANES; j++) {
          real *row = to + (k + j) * TILE_COLUMNS + start;
          if (left >= LANES) {
            store(row, steps[j]);
          } else {
            store(row, (vec)0);
            store_part(row, steps[j], left);
          }
        }
      }
    }
    return;
  }
#endif
  for (size_t j = 0; j < count; j++) {
    const real *source = from + j * column_stride;
    for (size_t k = 0; k < depth; k++) to[k * TILE_COLUMNS + j] = source[k];
  }
  for (size_t j = count; j < TILE_COLUMNS; j++) {
    for (size_t k = 0; k < depth; k++) to[k * TILE_COLUMNS + j] = 0;
  }
}

void KERNEL(pack_b)(size_t depth, size_t columns, const real *b, size_t row_stride,
                    size_t column_stride, real *packed) {
  for (size_t column = 0; column < columns; column += TILE_COLUMNS) {
    const size_t left = columns - column;
    const size_t count = left < TILE_COLUMNS ? left : TILE_COLUMNS;
    const real *from = b + column * column_stride;
    if (column_stride == 1) {
      for (size_t k = 0; k < depth; k++) {
        pack_row(from + k * row_stride, count, packed + k * TILE_COLUMNS);
      }
    } else if (row_stride == 1) {
      pack_dense_columns(depth, count, from, column_stride, packed);
    } else {
      for (size_t j = 0; j < count; j++) {
        const real *source = from + j * column_stride;
        for (size_t k = 0; k < depth; k++) packed[k * TILE_COLUMNS + j] = source[k * row_stride];
      }
      for (size_t j = count; j < TILE_COLUMNS; j++) {
        for (size_t k = 0; k < depth; k++) packed[k * TILE_COLUMNS + j] = 0;
      }
    }
    packed += depth * TILE_COLUMNS;
  }
}

/// A stretch of a panel's columns within one row of the output.
typedef struct {
  /// Where the window starts in the input, before dilation is added.
  ptrdiff_t depth, height, width;
  size_t start, count;
} stretch;

/// Copies `count` elements from every `step`-th place of an input row of `width` elements, zeros
/// where the place lies outside.
INLINE void pack_stretch(const real *row, ptrdiff_t at, ptrdiff_t step, ptrdiff_t width,
                         ptrdiff_t count, real *to) {
  ptrdiff_t low = 0, high = count;
  if (at < 0) {
    low = step == 1 ? -at : (-at + step - 1) / step;
    if (low > count) low = count;
  }
  if (at + (count - 1) * step >= width) {
    high = step == 1 ? width - at : (width - at + step - 1) / step;
    if (high < low) high = low;
  }
  for (ptrdiff_t i = 0; i < low; i++) to[i] = 0;
  if (step == 1) {
    const real *from = row + at;
    ptrdiff_t i = low;
    for (; i + LANES <= high; i += LANES) store(to + i, load(from + i));
    if (i < high) store_part(to + i, load_part(from + i, (size_t)(high - i)), (size_t)(high - i));
  } else {
    for (ptrdiff_t i = low; i < high; i++) to[i] = row[at + i * step];
  }
  for (ptrdiff_t i = high; i < count; i++) to[i] = 0;
}

void KERNEL(pack_patches)(const mrdl_window *window, const real *input, size_t first_row_index,
                          size_t rows, size_t first_column, size_t columns, real *packed) {
  const mrdl_window w = *window;
  const size_t row_elements = w.input.width, plane = w.input.height * row_elements;
  const size_t volume = w.input.depth * plane;
  const ptrdiff_t width = (ptrdiff_t)w.input.width, step = (ptrdiff_t)w.stride.width;

  // The window position of the first row; the rows of every panel start from it.
  size_t rest = first_row_index;
  const size_t start_x = rest % w.kernel.width;
  rest /= w.kernel.width;
  const size_t start_y = rest % w.kernel.height;
  rest /= w.kernel.height;
  const size_t start_z = rest % w.kernel.depth, start_channel = rest / w.kernel.depth;

  for (size_t column = 0; column < columns; column += TILE_COLUMNS) {
    const size_t left = columns - column;
    const size_t count = left < TILE_COLUMNS ? left : TILE_COLUMNS;

    stretch stretches[TILE_COLUMNS];
    size_t stretch_count = 0;
    for (size_t j = 0; j < count;) {
      const size_t position = first_column + column + j;
      const size_t ox = position % w.output.width, line = position / w.output.width;
      const size_t oy = line % w.output.height, oz = line / w.output.height;
      size_t length = w.output.width - ox;
      if (length > count - j) length = count - j;
      stretches[stretch_count++] = (stretch){
          .depth = (ptrdiff_t)(oz * w.stride.depth) - (ptrdiff_t)w.begin.depth,
          .height = (ptrdiff_t)(oy * w.stride.height) - (ptrdiff_t)w.begin.height,
          .width = (ptrdiff_t)(ox * w.stride.width) - (ptrdiff_t)w.begin.width,
          .start = j,
          .count = length,
      };
      j += length;
    }

    size_t x = start_x, y = start_y, z = start_z, channel = start_channel;
    for (size_t k = 0; k < rows; k++, packed += TILE_COLUMNS) {
      const real *channel_input = input + channel * volume;
      for (size_t s = 0; s < stretch_count; s++) {
        const stretch *part = &stretches[s];
        const ptrdiff_t iz = part->depth + (ptrdiff_t)(z * w.dilation.depth);
        const ptrdiff_t iy = part->height + (ptrdiff_t)(y * w.dilation.height);
        const ptrdiff_t ix = part->width + (ptrdiff_t)(x * w.dilation.width);
        real *to = packed + part->start;
        if (iz < 0 || iz >= (ptrdiff_t)w.input.depth || iy < 0 ||
            iy >= (ptrdiff_t)w.input.height) {
          for (size_t i = 0; i < part->count; i++) to[i] = 0;
          continue;
        }
        const real *row = channel_input + (size_t)iz * plane + (size_t)iy * row_elements;
        if (part->count == TILE_COLUMNS && step == 1 && ix >= 0 && ix + TILE_COLUMNS <= width) {
          pack_row(row + ix, TILE_COLUMNS, to);
        } else {
          pack_stretch(row, ix, step, width, (ptrdiff_t)part->count, to);
        }
      }
      for (size_t j = count; j < TILE_COLUMNS; j++) packed[j] = 0;
      if (++x == w.kernel.width) {
        x = 0;
        if (++y == w.kernel.height) {
          y = 0;
          if (++z == w.kernel.depth) {
            z = 0;
            channel += 1;
          }
        }
      }
    }
  }
}
