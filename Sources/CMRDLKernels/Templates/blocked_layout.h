// Between planes of channels and blocks of them.

#include "transpose.h"

#if LANES > 1
/// Calls `square` for LANES pixels at a time; the last ones are taken once more with some before them.
#define EACH_SQUARE(pixels, square)                            \
  for (size_t done = 0; done < (pixels); done += LANES) {      \
    if (done + LANES > (pixels)) done = (pixels) - LANES;      \
    square;                                                    \
  }

INLINE void square_to_block(size_t channels, const real *planes, size_t plane_stride, real *block) {
  vec square[LANES];
#pragma clang loop unroll(full)
  for (size_t lane = 0; lane < LANES; lane++) {
    square[lane] = lane < channels ? load(planes + lane * plane_stride) : (vec)0;
  }
  transpose(square);
#pragma clang loop unroll(full)
  for (size_t i = 0; i < LANES; i++) store(block + i * LANES, square[i]);
}

INLINE void square_from_block(size_t channels, const real *block, real *planes,
                              size_t plane_stride) {
  vec square[LANES];
  load_transposed(block, LANES, LANES, square);
#pragma clang loop unroll(full)
  for (size_t lane = 0; lane < LANES; lane++) {
    if (lane < channels) store(planes + lane * plane_stride, square[lane]);
  }
}
#endif

void KERNEL(blocked_to_block)(size_t channels, size_t pixels, const real *planes,
                              size_t plane_stride, real *block) {
#if LANES > 1
  if (pixels >= LANES) {
    EACH_SQUARE(pixels, square_to_block(channels, planes + done, plane_stride, block + done * LANES))
    return;
  }
#endif
  for (size_t lane = 0; lane < LANES; lane++) {
    const real *from = planes + lane * plane_stride;
    for (size_t i = 0; i < pixels; i++) block[i * LANES + lane] = lane < channels ? from[i] : 0;
  }
}

void KERNEL(blocked_from_block)(size_t channels, size_t pixels, const real *block, real *planes,
                                size_t plane_stride) {
#if LANES > 1
  if (pixels >= LANES) {
    EACH_SQUARE(pixels, square_from_block(channels, block + done * LANES, planes + done, plane_stride))
    return;
  }
#endif
  for (size_t lane = 0; lane < channels; lane++) {
    real *to = planes + lane * plane_stride;
    for (size_t i = 0; i < pixels; i++) to[i] = block[i * LANES + lane];
  }
}
