// The training kernels of one element type and instruction set, as their table names them.

#include "../include/mrdl_training_kernels.h"

void KERNEL(pack_patches_transposed)(const mrdl_window *, const real *, size_t, size_t, size_t,
                                     size_t, real *);
void KERNEL(add_patches)(const mrdl_window *, const real *, size_t, size_t, size_t, size_t, size_t,
                         real *);

void KERNEL(relu_backward)(size_t, const real *, const real *, real *);
void KERNEL(leaky_relu_backward)(size_t, real, const real *, const real *, real *);
void KERNEL(sigmoid_backward)(size_t, const real *, const real *, real *);
void KERNEL(tanh_backward)(size_t, const real *, const real *, real *);
void KERNEL(clip_backward)(size_t, real, real, const real *, const real *, real *);
void KERNEL(softmax_backward)(size_t, size_t, const real *, const real *, real *);
void KERNEL(log_softmax_backward)(size_t, size_t, const real *, const real *, real *);

void KERNEL(sum_rows)(size_t, size_t, const real *, size_t, real *, int32_t);
void KERNEL(sum_columns)(size_t, size_t, const real *, size_t, real *, int32_t);

void KERNEL(max_pool_backward)(const mrdl_window *, size_t, const real *, const real *, real *);
void KERNEL(average_pool_backward)(const mrdl_window *, size_t, const real *, real *, int32_t);

void KERNEL(momentum_step)(size_t, real, real, real, int32_t, const real *, real *, real *);
void KERNEL(adam_step)(size_t, real, real, real, real, real, real, real, const real *, real *,
                       real *, real *);
