// What some output rows of a blocked tensor see, with padding around it and the columns of each phase of
// the stride side by side.

#include "taps.h"

static void KERNEL(stage_rows)(const mrdl_window *w, const uint8_t *input, size_t row_step,
                               size_t phases, size_t phase_width, size_t first_row,
                               size_t last_row, uint8_t padding, uint8_t *staged) {
  const size_t begin = w->begin.width, width = w->input.width, stride = w->stride.width;
  const size_t row_bytes = phases * phase_width * BLOCK;
  for (size_t row = first_row; row < last_row; row++) {
    uint8_t *line = staged + (row - first_row) * row_bytes, *to = line;
    const size_t padded = row * row_step;
    __builtin_memset(to, padding, row_bytes);
    if (padded < w->begin.height || padded - w->begin.height >= w->input.height) continue;
    const uint8_t *from = input + (padded - w->begin.height) * width * BLOCK;
    for (size_t phase = 0; phase < phases; phase++) {
      // Columns phase + i · stride of the padded row: padding, then the input, then padding.
      const span inside = columns_inside(phase, stride, begin, width, phase_width);
      const size_t first = inside.first, last = inside.last;
      if (first < last) {
        const uint8_t *source = from + (first * stride + phase - begin) * BLOCK;
        if (stride == 1) {
          __builtin_memcpy(to + first * BLOCK, source, (last - first) * BLOCK);
        } else {
          for (size_t i = first; i < last; i++, source += stride * BLOCK) {
            __builtin_memcpy(to + i * BLOCK, source, BLOCK);
          }
        }
      }
      to += phase_width * BLOCK;
    }
  }
}
