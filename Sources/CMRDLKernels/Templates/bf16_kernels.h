// Kernels of products of bfloat16 whose sums are float32, by the instructions that have two products a
// lane.

#define BFLOAT16 1
#include "integer.h"

#include "../include/mrdl_bf16_kernels.h"

#if HAS_TILES
#define INPUT_LANES (2 * LANES)
#define DEPTH_STEP INPUT_LANES
#undef BLOCK
#define BLOCK (INPUT_LANES * UNIT)
#include "tile_product.h"
#else
#define INPUT_LANES LANES
#define DEPTH_STEP 2

typedef __m512bh right_bytes;
typedef __m512bh left_bytes;

INLINE right_bytes right_of(const int8_t *p) { return (__m512bh)_mm512_loadu_si512(p); }

INLINE left_bytes left_of(const uint8_t *p) {
  int32_t a;
  __builtin_memcpy(&a, p, sizeof a);
  return (__m512bh)_mm512_set1_epi32(a);
}

INLINE vec dot(vec sum, left_bytes a, right_bytes b) {
  return (vec)_mm512_dpbf16_ps((__m512)sum, a, b);
}

#include "integer_product.h"
#endif
#include "stage_rows.h"

/// The nearest bfloat16, halves to the even one; as the hardware does it, which takes denormals for 0.
static void KERNEL(narrow)(size_t count, const float *x, uint16_t *y) {
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) {
    const __m256bh v = _mm512_cvtneps_pbh((__m512)load(x + i));
    __builtin_memcpy(y + i, &v, sizeof v);
  }
  if (i < count) {
    const __m256bh v = _mm512_cvtneps_pbh((__m512)load_part(x + i, count - i));
    __builtin_memcpy(y + i, &v, (count - i) * sizeof *y);
  }
}

static void KERNEL(narrow_block)(size_t pixels, size_t channels, const float *x,
                                 size_t block_stride, uint16_t *y) {
  for (size_t lane = 0; lane < INPUT_LANES; lane += LANES, x += block_stride) {
    const size_t left = channels > lane ? channels - lane : 0;
    const size_t count = left < LANES ? left : LANES;
    uint16_t *to = y + lane;
    for (size_t i = 0; i < pixels; i++, to += INPUT_LANES) {
      const vec v = count == LANES ? load(x + i * LANES)
                    : count > 0    ? load_part(x + i * LANES, count)
                                   : (vec)0;
      const __m256bh narrow = _mm512_cvtneps_pbh((__m512)v);
      __builtin_memcpy(to, &narrow, sizeof narrow);
    }
  }
}

static void KERNEL(pack_weights)(size_t outputs, size_t channels, size_t taps,
                                 size_t output_stride, size_t channel_stride, size_t tap_stride,
                                 const float *weights, uint16_t *packed) {
  const size_t panel = TILE_VECTORS * LANES, pair = GROUP / UNIT;
  const size_t padded = (outputs + LANES - 1) / LANES * LANES;
  const size_t depth = (channels + DEPTH_STEP - 1) / DEPTH_STEP * DEPTH_STEP;
  for (size_t first = 0; first < padded; first += panel) {
    const size_t width = padded - first < panel ? padded - first : panel;
    for (size_t block = 0; block < depth; block += INPUT_LANES) {
      const size_t last = depth - block < INPUT_LANES ? depth : block + INPUT_LANES;
      for (size_t tap = 0; tap < taps; tap++) {
        for (size_t group = block; group < last; group += pair) {
          for (size_t j = 0; j < width; j++) {
            const size_t output = first + j;
            const float *from = weights + output * output_stride + tap * tap_stride;
            for (size_t k = group; k < group + pair; k++) {
              const float value =
                  output < outputs && k < channels ? from[k * channel_stride] : 0;
              KERNEL(narrow)(1, &value, packed++);
            }
          }
        }
      }
    }
  }
}

const mrdl_bf16_kernels KERNEL(kernels) = {
    .lanes = LANES,
    .input_lanes = INPUT_LANES,
    .depth_step = DEPTH_STEP,
    .panel_blocks = TILE_VECTORS,
    .has_tiles = HAS_TILES,
#define ENTRY(name) .name = KERNEL(name)
    ENTRY(pack_weights),
    ENTRY(product),
    ENTRY(stage_rows),
    ENTRY(narrow_block),
    ENTRY(narrow),
};
