// Between planes of channels and blocks of them.

#include "transpose.h"

void KERNEL(blocked_to_block)(size_t channels, size_t pixels, const real *planes,
                              size_t plane_stride, real *block) {
  size_t done = 0;
#if LANES > 1
  for (; channels == LANES && done + LANES <= pixels; done += LANES) {
    vec square[LANES];
    load_transposed(planes + done, plane_stride, LANES, square);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < LANES; i++) store(block + (done + i) * LANES, square[i]);
  }
#endif
  for (size_t lane = 0; lane < LANES; lane++) {
    const real *from = planes + lane * plane_stride;
    for (size_t i = done; i < pixels; i++) block[i * LANES + lane] = lane < channels ? from[i] : 0;
  }
}

void KERNEL(blocked_from_block)(size_t channels, size_t pixels, const real *block, real *planes,
                                size_t plane_stride) {
  size_t done = 0;
#if LANES > 1
  for (; channels == LANES && done + LANES <= pixels; done += LANES) {
    vec square[LANES];
    load_transposed(block + done * LANES, LANES, LANES, square);
#pragma clang loop unroll(full)
    for (size_t lane = 0; lane < LANES; lane++) store(planes + lane * plane_stride + done, square[lane]);
  }
#endif
  for (size_t lane = 0; lane < channels; lane++) {
    real *to = planes + lane * plane_stride;
    for (size_t i = done; i < pixels; i++) to[i] = block[i * LANES + lane];
  }
}
