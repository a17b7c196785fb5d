// The table of the kernels of blocked tensors of one instruction set.

#include "blocked_declarations.h"

const mrdl_blocked_kernels KERNEL(blocked_kernels) = {
    .lanes = LANES,
    .tile_pixels = TILE_ROWS,
    .panel_blocks = TILE_VECTORS,
#define ENTRY(name) .name = KERNEL(blocked_##name)
    ENTRY(pack_weights),
    ENTRY(convolve),
    ENTRY(stage_rows),
    ENTRY(winograd_weights),
    ENTRY(winograd_input),
    ENTRY(winograd_output),
    ENTRY(depthwise),
    ENTRY(max_pool),
    ENTRY(average_pool),
    ENTRY(mean),
    ENTRY(largest),
    ENTRY(to_block),
    ENTRY(from_block),
};
