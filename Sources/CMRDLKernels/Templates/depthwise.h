// Convolution of each plane with a kernel of its own.

#include "window_rows.h"

void KERNEL(depthwise)(const mrdl_window *window, size_t planes, const real *input,
                       const real *weights, const real *bias, real *output) {
  walk_planes(WEIGHTED, window, planes, input, weights, bias, output, 0);
}
