// Weights of eight bits in the order in which tiles read them.

static void KERNEL(pack_weights)(size_t outputs, size_t channels, size_t taps, size_t output_stride,
                                 size_t channel_stride, size_t tap_stride, uint8_t flip,
                                 const int8_t *weights, int8_t *packed) {
  const size_t panel = TILE_VECTORS * LANES;
  const size_t padded = (outputs + LANES - 1) / LANES * LANES;
  for (size_t first = 0; first < padded; first += panel) {
    const size_t width = padded - first < panel ? padded - first : panel;
    for (size_t block = 0; block < channels; block += LANES) {
      const size_t last = channels - block < LANES ? channels : block + LANES;
      for (size_t tap = 0; tap < taps; tap++) {
        for (size_t group = block; group < last; group += GROUP) {
          for (size_t j = 0; j < width; j++) {
            const size_t output = first + j;
            const int8_t *from = weights + output * output_stride + tap * tap_stride;
            for (size_t k = group; k < group + GROUP; k++) {
              const int inside = output < outputs && k < channels;
              *packed++ = inside ? (int8_t)((uint8_t)from[k * channel_stride] ^ flip) : 0;
            }
          }
        }
      }
    }
  }
}
