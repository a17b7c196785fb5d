// Between planes of channels and blocks of them.

void KERNEL(blocked_to_block)(size_t channels, size_t pixels, const real *planes,
                              size_t plane_stride, real *block) {
  for (size_t lane = 0; lane < LANES; lane++) {
    const real *from = planes + lane * plane_stride;
    for (size_t i = 0; i < pixels; i++) block[i * LANES + lane] = lane < channels ? from[i] : 0;
  }
}

void KERNEL(blocked_from_block)(size_t channels, size_t pixels, const real *block, real *planes,
                                size_t plane_stride) {
  for (size_t lane = 0; lane < channels; lane++) {
    real *to = planes + lane * plane_stride;
    for (size_t i = 0; i < pixels; i++) to[i] = block[i * LANES + lane];
  }
}
