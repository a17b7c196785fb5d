// Quantisation, and the table of the kernels of whole numbers of one instruction set.

static void KERNEL(quantize)(size_t count, const float *x, float scale, int32_t zero, int32_t low,
                             int32_t high, uint8_t *y) {
  const float lowest = (float)(low - zero), highest = (float)(high - zero);
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const bytes v = narrowed(nearest_within(load(x + i) / (vec)scale, lowest, highest) + zero);
    __builtin_memcpy(y + i, &v, sizeof v);
  }
  if (i < count) {
    const vec part = load_part(x + i, count - i);
    const bytes v = narrowed(nearest_within(part / (vec)scale, lowest, highest) + zero);
    __builtin_memcpy(y + i, &v, count - i);
  }
}

static void KERNEL(dequantize)(size_t count, const uint8_t *x, int32_t is_signed, float scale,
                               int32_t zero, float *y) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const bytes v = load_bytes(x + i);
    store(y + i, real_of((is_signed ? widened_signed(v) : widened(v)) - zero) * (vec)scale);
  }
  for (; i < count; i++) {
    y[i] = (float)((is_signed ? (int8_t)x[i] : x[i]) - zero) * scale;
  }
}

const mrdl_integer_kernels KERNEL(kernels) = {
    .name = NAME_OF(MRDL_ISA),
    .isa = INTEGER_ISA,
    .lanes = LANES,
    .group = GROUP,
    .tile_pixels = TILE_ROWS,
    .panel_blocks = TILE_VECTORS,
#define ENTRY(name) .name = KERNEL(name)
    ENTRY(pack_weights),
    ENTRY(product),
    ENTRY(depthwise),
    ENTRY(stage_rows),
    ENTRY(to_block),
    ENTRY(from_block),
    ENTRY(quantize),
    ENTRY(dequantize),
};
