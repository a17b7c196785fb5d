#pragma once

#include "mrdl_kernels.h"

// The kernels of whole numbers of eight bits: products and convolutions of u8 with i8 as i32, on
// matrices and on blocked tensors, and what makes such numbers and reads them.
//
// Sums wrap around as i32; nothing saturates on the way to them. All instruction sets give the same
// bits. Blocks have as many lanes as those of float32 (see mrdl_blocked_kernels.h), and an element of
// u8. Depth is walked in groups of 4 channels (of 1 where a block has 1 lane).

/// What becomes of a sum.
typedef enum : int32_t {
  /// The sum itself.
  MRDL_INTEGER_SUM = 0,
  /// A real number.
  MRDL_INTEGER_REAL = 1,
  /// A real number rounded to the nearest whole one, halves to the even one, within u8.
  MRDL_INTEGER_U8 = 2,
  /// The same within i8.
  MRDL_INTEGER_I8 = 3,
} mrdl_integer_result;

/// How a sum becomes an element of the result: min(max((sum + bias) · scale + offset + residual, low),
/// high), rounded and with a zero point added where the result is of eight bits.
///
/// Arrays by output channel are filled up to whole blocks.
typedef struct {
  mrdl_integer_result result;
  const int32_t *_Nonnull bias;
  /// Not for sums, where they are not read.
  const float *_Nullable scale;
  const float *_Nullable offset;
  /// For real numbers only: laid out as the output, which it may be.
  const float *_Nullable residual;
  int32_t clamp;
  float low, high;
  int32_t zero;
} mrdl_integer_ending;

/// Some output rows of a convolution, or a product of matrices, which is the case of one row and one
/// tap. Strides of the input count bytes, those of the output elements.
typedef struct {
  size_t rows, columns;
  /// What the window sees at row 0, column 0. Bytes up to a whole group of channels are read.
  const uint8_t *_Nonnull input;
  size_t input_row_stride, input_column_stride;
  /// From `lanes` channels to the next ones.
  size_t input_block_stride;
  size_t channels;
  /// Where each tap of the window stands from its first one.
  size_t taps;
  const size_t *_Nonnull tap_offsets;
  /// From `pack_weights`.
  const int8_t *_Nonnull weights;
  /// The blocks of output channels that are computed; the first one begins a panel.
  size_t first_block, last_block;
  /// Channels that are written: lanes beyond them are not.
  size_t output_channels;
  /// Row 0, column 0 of block 0.
  void *_Nonnull output;
  size_t output_row_stride, output_column_stride, output_block_stride;
  /// Its residual is that of row 0, column 0 of block 0.
  mrdl_integer_ending ending;
} mrdl_integer_product;

typedef struct {
  /// Told apart by the instruction set and its extensions.
  const char *_Nonnull name;
  mrdl_isa isa;
  /// Channels of a block, and of a group.
  size_t lanes, group;
  /// The largest height of a tile, and the blocks of a panel of weights.
  size_t tile_pixels, panel_blocks;
  /// Packs weights (outputs, channels, taps): for each panel, for each block of channels, for each tap,
  /// for each group of channels, the group of each output, zeros where there is none. Bytes are
  /// combined with `flip` by exclusive or, which makes i8 of u8 − 128 where it is 128. Takes `outputs`
  /// rounded up to blocks · taps · channels rounded up to groups.
  void (*_Nonnull pack_weights)(size_t outputs, size_t channels, size_t taps, size_t output_stride,
                                size_t channel_stride, size_t tap_stride, uint8_t flip,
                                const int8_t *_Nonnull weights, int8_t *_Nonnull packed);
  void (*_Nonnull product)(const mrdl_integer_product *_Nonnull product);
  /// Some output rows of one block in which each channel has a window of its own: `weights` has
  /// `lanes` elements for each tap. What lies outside the input counts as `padding`.
  void (*_Nonnull depthwise)(const mrdl_window *_Nonnull window, size_t first_row, size_t last_row,
                             const uint8_t *_Nonnull input, const int8_t *_Nonnull weights,
                             uint8_t padding, const mrdl_integer_ending *_Nonnull ending,
                             void *_Nonnull output);
  /// As `stage_rows` of blocked float32; what lies outside the input becomes `padding`.
  void (*_Nonnull stage_rows)(const mrdl_window *_Nonnull window, const uint8_t *_Nonnull input,
                              size_t row_step, size_t phases, size_t phase_width, size_t first_row,
                              size_t last_row, uint8_t padding, uint8_t *_Nonnull staged);
  /// Puts up to `lanes` planes into one block, with zeros in the lanes that are left, and back.
  void (*_Nonnull to_block)(size_t channels, size_t pixels, const uint8_t *_Nonnull planes,
                            size_t plane_stride, uint8_t *_Nonnull block);
  void (*_Nonnull from_block)(size_t channels, size_t pixels, const uint8_t *_Nonnull block,
                              uint8_t *_Nonnull planes, size_t plane_stride);
  /// min(max(x / scale rounded to the nearest, halves to even, + zero, low), high) for bytes of u8
  /// (low 0, high 255) or i8 (−128, 127); NaN becomes the lowest.
  void (*_Nonnull quantize)(size_t count, const float *_Nonnull x, float scale, int32_t zero,
                            int32_t low, int32_t high, uint8_t *_Nonnull y);
  /// (x − zero) · scale.
  void (*_Nonnull dequantize)(size_t count, const uint8_t *_Nonnull x, int32_t is_signed, float scale,
                              int32_t zero, float *_Nonnull y);
} mrdl_integer_kernels;

/// The kernels in use: those of mrdl_isa_current(), with VNNI where AVX-512 has it.
const mrdl_integer_kernels *_Nonnull mrdl_integer_kernels_current(void);

/// Kernels with the lanes of mrdl_blocked_kernels_narrow().
const mrdl_integer_kernels *_Nonnull mrdl_integer_kernels_narrow(void);

/// Every table that the processor can run, the scalar one first; null behind the last one.
const mrdl_integer_kernels *_Nullable mrdl_integer_kernels_at(size_t index);
