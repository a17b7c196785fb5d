// Blocked tensors of bytes: windows of single channels, and the order of channels.

enum { DEPTHWISE_PIXELS = 4 };

/// The sums of `count` ≤ DEPTHWISE_PIXELS pixels whose windows may reach out of the input.
INLINE void depthwise_edge(const mrdl_window *w, size_t y, size_t x, size_t count,
                           const uint8_t *input, const int8_t *weights, uint8_t padding,
                           const mrdl_integer_ending *e, const mrdl_integer_result result,
                           void *output) {
  for (size_t i = 0; i < count; i++) {
    ivec sum = load_ints(e->bias);
    const int8_t *tap = weights;
    for (size_t ky = 0; ky < w->kernel.height; ky++) {
      const ptrdiff_t row = (ptrdiff_t)(y * w->stride.height + ky * w->dilation.height) -
                            (ptrdiff_t)w->begin.height;
      for (size_t kx = 0; kx < w->kernel.width; kx++, tap += LANES) {
        const ptrdiff_t column = (ptrdiff_t)((x + i) * w->stride.width + kx * w->dilation.width) -
                                 (ptrdiff_t)w->begin.width;
        const int inside = row >= 0 && row < (ptrdiff_t)w->input.height && column >= 0 &&
                           column < (ptrdiff_t)w->input.width;
        const ivec left =
            inside ? widened(load_bytes(
                         input + ((size_t)row * w->input.width + (size_t)column) * LANES))
                   : (ivec)padding;
        sum += left * widened_signed(load_bytes(tap));
      }
    }
    finish(e, result, sum, 0, LANES, output, (y * w->output.width + x + i) * LANES);
  }
}

INLINE void depthwise_of(const mrdl_window *w, size_t first_row, size_t last_row,
                         const uint8_t *input, const int8_t *weights, uint8_t padding,
                         const mrdl_integer_ending *e, const mrdl_integer_result result,
                         void *output) {
  const size_t stride = w->stride.width;
  const size_t reach = (w->kernel.width - 1) * w->dilation.width + 1;
  // The columns whose windows lie inside.
  size_t low = (w->begin.width + stride - 1) / stride;
  size_t high = w->input.width + w->begin.width >= reach
                    ? (w->input.width + w->begin.width - reach) / stride + 1
                    : 0;
  if (high > w->output.width) high = w->output.width;
  if (low > high) low = high;
  const ivec bias = load_ints(e->bias);
  for (size_t y = first_row; y < last_row; y++) {
    depthwise_edge(w, y, 0, low, input, weights, padding, e, result, output);
    size_t x = low;
    for (; x + DEPTHWISE_PIXELS <= high; x += DEPTHWISE_PIXELS) {
      ivec sum[DEPTHWISE_PIXELS];
#pragma clang loop unroll(full)
      for (int i = 0; i < DEPTHWISE_PIXELS; i++) sum[i] = bias;
      const int8_t *tap = weights;
      for (size_t ky = 0; ky < w->kernel.height; ky++) {
        const ptrdiff_t row = (ptrdiff_t)(y * w->stride.height + ky * w->dilation.height) -
                              (ptrdiff_t)w->begin.height;
        if (row < 0 || row >= (ptrdiff_t)w->input.height) {
          for (size_t kx = 0; kx < w->kernel.width; kx++, tap += LANES) {
            const ivec part = (ivec)padding * widened_signed(load_bytes(tap));
#pragma clang loop unroll(full)
            for (int i = 0; i < DEPTHWISE_PIXELS; i++) sum[i] += part;
          }
          continue;
        }
        const uint8_t *line =
            input + ((size_t)row * w->input.width + x * stride - w->begin.width) * LANES;
        for (size_t kx = 0; kx < w->kernel.width; kx++, tap += LANES) {
          const ivec right = widened_signed(load_bytes(tap));
#pragma clang loop unroll(full)
          for (int i = 0; i < DEPTHWISE_PIXELS; i++) {
            sum[i] += widened(load_bytes(line + (size_t)i * stride * LANES)) * right;
          }
          line += w->dilation.width * LANES;
        }
      }
#pragma clang loop unroll(full)
      for (int i = 0; i < DEPTHWISE_PIXELS; i++) {
        finish(e, result, sum[i], 0, LANES, output,
               (y * w->output.width + x + (size_t)i) * LANES);
      }
    }
    depthwise_edge(w, y, x, w->output.width - x, input, weights, padding, e, result, output);
  }
}

static void KERNEL(depthwise)(const mrdl_window *w, size_t first_row, size_t last_row,
                              const uint8_t *input, const int8_t *weights, uint8_t padding,
                              const mrdl_integer_ending *e, void *output) {
#define DEPTHWISE(result)                                                                 \
  depthwise_of(w, first_row, last_row, input, weights, padding, e, result, output);       \
  return
  switch (e->result) {
    case MRDL_INTEGER_SUM: DEPTHWISE(MRDL_INTEGER_SUM);
    case MRDL_INTEGER_REAL: DEPTHWISE(MRDL_INTEGER_REAL);
    case MRDL_INTEGER_U8: DEPTHWISE(MRDL_INTEGER_U8);
    case MRDL_INTEGER_I8: DEPTHWISE(MRDL_INTEGER_I8);
  }
#undef DEPTHWISE
}

static void KERNEL(to_block)(size_t channels, size_t pixels, const uint8_t *planes,
                             size_t plane_stride, uint8_t *block) {
  for (size_t pixel = 0; pixel < pixels; pixel++) {
    uint8_t *to = block + pixel * LANES;
    for (size_t c = 0; c < channels; c++) to[c] = planes[c * plane_stride + pixel];
    for (size_t c = channels; c < LANES; c++) to[c] = 0;
  }
}

static void KERNEL(from_block)(size_t channels, size_t pixels, const uint8_t *block,
                               uint8_t *planes, size_t plane_stride) {
  for (size_t c = 0; c < channels; c++) {
    uint8_t *to = planes + c * plane_stride;
    for (size_t pixel = 0; pixel < pixels; pixel++) to[pixel] = block[pixel * LANES + c];
  }
}
