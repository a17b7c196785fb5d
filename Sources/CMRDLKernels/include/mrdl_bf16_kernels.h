#pragma once

#include <stdbool.h>

#include "mrdl_integer_kernels.h"

// Products and convolutions of bfloat16 with sums of float32, for processors that have instructions for
// them: AVX512_BF16, or AMX_BF16 beside it. Each instruction takes denormals for 0.
//
// Blocks of the output are those of float32. Depth is walked in pairs of channels.

typedef struct {
  /// Channels of a block of the output, and of the input.
  size_t lanes, input_lanes;
  /// The depth is filled up with zeros to a multiple of so many channels.
  size_t depth_step;
  /// The blocks of a panel of weights.
  size_t panel_blocks;
  /// Whether the processor multiplies whole tiles: many times as fast as in float32.
  bool has_tiles;
  /// Packs float32 weights as the kernels of whole numbers do, pairs in the place of groups of four.
  void (*_Nonnull pack_weights)(size_t outputs, size_t channels, size_t taps, size_t output_stride,
                                size_t channel_stride, size_t tap_stride,
                                const float *_Nonnull weights, uint16_t *_Nonnull packed);
  /// As the product of whole numbers on an input of bfloat16. The result is real: what is added to the
  /// sums is `offset`; `bias` and `scale` are not read.
  void (*_Nonnull product)(const mrdl_integer_product *_Nonnull product);
  /// As `stage_rows` of whole numbers; what lies outside the input has the bytes `padding`.
  void (*_Nonnull stage_rows)(const mrdl_window *_Nonnull window, const uint8_t *_Nonnull input,
                              size_t row_step, size_t phases, size_t phase_width, size_t first_row,
                              size_t last_row, uint8_t padding, uint8_t *_Nonnull staged);
  /// The nearest bfloat16 of some pixels of a block of the input, from blocks of float32 that lie `block_stride`
  /// apart: `channels` of them, and zeros in the other lanes.
  void (*_Nonnull narrow_block)(size_t pixels, size_t channels, const float *_Nonnull x,
                                size_t block_stride, uint16_t *_Nonnull y);
  /// The nearest bfloat16.
  void (*_Nonnull narrow)(size_t count, const float *_Nonnull x, uint16_t *_Nonnull y);
} mrdl_bf16_kernels;

/// The kernels, null where mrdl_isa_current() is not AVX-512 or the processor lacks the instructions; those of AMX
/// where it has that and MRDL_ISA names nothing. The first call asks the operating system for the state of its tiles.
const mrdl_bf16_kernels *_Nullable mrdl_bf16_kernels_current(void);
