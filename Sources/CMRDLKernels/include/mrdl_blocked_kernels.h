#pragma once

#include "mrdl_kernels.h"

// Kernels of float32 for channel-blocked tensors, chosen by instruction set at run time.
//
// A blocked tensor of C channels is (N, ceil(C / lanes), H, W, lanes): the channels of a pixel stand
// side by side, as many as a register has lanes. Lanes of the last block beyond C hold anything,
// and no kernel lets them into a result. What mrdl_kernels.h says of all kernels holds here too.

/// Rows of output pixels of some blocks of output channels of a convolution, or rows of a product
/// in the same layout.
typedef struct {
  size_t rows, columns;
  /// What the first output sees at offset 0. What the next column sees lies `column_step` further on,
  /// lanes for a blocked input and 1 for an input of planes.
  const float *_Nonnull input;
  size_t input_row_stride, input_block_stride;
  /// Real channels; an input of planes counts a block for each.
  size_t channels;
  /// 0 for a blocked input, 1 for one of planes.
  int32_t has_planes;
  /// Where each place in the window lies from what the output sees at first, in elements.
  size_t taps;
  const size_t *_Nonnull tap_offsets;
  /// From `pack_weights`, of all output blocks.
  const float *_Nonnull weights;
  /// The output channels that they were packed for; 0 for whole blocks.
  size_t outputs;
  /// Weights of a panel that is wanted next, after this call. May be null.
  const float *_Nullable next_weights;
  /// The blocks of output channels to compute. The first one begins a panel.
  size_t first_block, last_block;
  /// Element (0, 0) of block 0.
  float *_Nonnull output;
  size_t output_row_stride, output_block_stride;
  /// A value for each output channel, padded to whole blocks.
  const float *_Nullable bias;
  /// Added at the end; lies like the output.
  const float *_Nullable residual;
  /// Bounds of the result.
  int32_t clamp;
  float low, high;
} mrdl_blocked_product;

/// What a Winograd convolution of 3 × 3 windows at stride 1 knows of one image.
typedef struct {
  /// 2 or 4 outputs a side of a tile.
  size_t tile;
  size_t input_height, input_width, output_height, output_width;
  /// Padding before the first row and column.
  size_t begin_height, begin_width;
  /// Tiles side by side.
  size_t tiles_wide;
} mrdl_winograd;

typedef struct {
  /// The width of a block.
  size_t lanes;
  /// The pixels of a tile, and the blocks of output channels of a panel.
  size_t tile_pixels, panel_blocks;

  /// Packs weights (output channels, channels, taps) as `convolve` reads them: panel after panel, in
  /// it block after block of input channels, tap after tap, channel after channel, the output channels
  /// side by side, zeros beyond the last one. Where more than one channel of a blocked input is read and
  /// the last block is at most half full, its panel has the channels by twos: the output channels side by
  /// side, each with both.
  void (*_Nonnull pack_weights)(size_t outputs, size_t channels, size_t taps, int32_t has_planes,
                                const float *_Nonnull weights, float *_Nonnull packed);
  /// output = clamp(Σ weights · input + bias + residual).
  void (*_Nonnull convolve)(const mrdl_blocked_product *_Nonnull product);
  /// Copies rows of one block, or of one plane, into a buffer with the padding as zeros: each row
  /// `phase_width` columns of every phase one after the other, where phase p holds the columns
  /// p, p + stride, … of the padded row. The buffer begins with padded row first_row · `row_step`.
  void (*_Nonnull stage_rows)(const mrdl_window *_Nonnull window, int32_t has_planes,
                              const float *_Nonnull input, size_t row_step, size_t phases,
                              size_t phase_width, size_t first_row, size_t last_row,
                              float *_Nonnull staged);

  /// Transforms the weights (output channels, channels, 3, 3) of some panels; for each of the
  /// (tile + 2)² places a matrix as `pack_weights` makes it for one tap.
  void (*_Nonnull winograd_weights)(size_t tile, size_t outputs, size_t channels,
                                    size_t first_panel, size_t last_panel,
                                    const float *_Nonnull weights, float *_Nonnull packed);
  /// Transforms what some tiles of one block of the input see: for each place of a tile `count`
  /// registers, `place_stride` apart.
  void (*_Nonnull winograd_input)(const mrdl_winograd *_Nonnull geometry, size_t first_tile,
                                  size_t count, const float *_Nonnull input,
                                  size_t place_stride, float *_Nonnull transformed);
  /// Transforms the products of some tiles of one block back and finishes them as `convolve` does.
  void (*_Nonnull winograd_output)(const mrdl_winograd *_Nonnull geometry, size_t first_tile,
                                   size_t count, const float *_Nonnull products,
                                   size_t place_stride, const float *_Nullable bias,
                                   const float *_Nullable residual, int32_t clamp, float low,
                                   float high, float *_Nonnull output);

  /// Convolution of some output rows of one block, each channel with a kernel of its own. Weights are
  /// (taps, lanes), the bias (lanes).
  void (*_Nonnull depthwise)(const mrdl_window *_Nonnull window, size_t first_row, size_t last_row,
                             const float *_Nonnull input, const float *_Nonnull weights,
                             const float *_Nullable bias, const float *_Nullable residual,
                             int32_t clamp, float low, float high, float *_Nonnull output);
  /// As `max_pool` and `average_pool` of mrdl_kernels.h, for some output rows of one block.
  void (*_Nonnull max_pool)(const mrdl_window *_Nonnull window, size_t first_row, size_t last_row,
                            const float *_Nonnull input, float *_Nonnull output);
  void (*_Nonnull average_pool)(const mrdl_window *_Nonnull window, size_t first_row,
                                size_t last_row, const float *_Nonnull input,
                                float *_Nonnull output, int32_t count_padding);
  /// The mean of the pixels of one block, summed in float64, and their largest elements.
  void (*_Nonnull mean)(size_t pixels, const float *_Nonnull input, float *_Nonnull output);
  void (*_Nonnull largest)(size_t pixels, const float *_Nonnull input, float *_Nonnull output);

  /// Some pixels of one block from `channels` planes, `plane_stride` apart, and back. Lanes beyond the
  /// last channel become zero.
  void (*_Nonnull to_block)(size_t channels, size_t pixels, const float *_Nonnull planes,
                            size_t plane_stride, float *_Nonnull block);
  void (*_Nonnull from_block)(size_t channels, size_t pixels, const float *_Nonnull block,
                              float *_Nonnull planes, size_t plane_stride);
} mrdl_blocked_kernels;

/// The kernels of the instruction set in use.
const mrdl_blocked_kernels *_Nonnull mrdl_blocked_kernels_current(void);

/// Kernels for blocks half as wide where the instruction set in use has registers of that size, for
/// networks of few channels; if not, those of `mrdl_blocked_kernels_current`.
const mrdl_blocked_kernels *_Nonnull mrdl_blocked_kernels_narrow(void);

/// Whether those take less time for a block, and not the same.
int32_t mrdl_blocked_kernels_narrow_are_quicker(void);

/// The kernels of one instruction set, null when the processor lacks it.
const mrdl_blocked_kernels *_Nullable mrdl_blocked_kernels_for(mrdl_isa isa);
