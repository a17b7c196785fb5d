// The largest element and the mean of windows.

#include "window_rows.h"

void KERNEL(max_pool)(const mrdl_window *window, size_t planes, const real *input, real *output) {
  walk_planes(LARGEST, window, planes, input, 0, 0, output, 0);
}

void KERNEL(average_pool)(const mrdl_window *window, size_t planes, const real *input, real *output,
                          int32_t count_padding) {
  walk_planes(MEAN, window, planes, input, 0, 0, output, count_padding);
}
