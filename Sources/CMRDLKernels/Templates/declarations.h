// The kernels of one element type and instruction set, as their table names them: included where
// they are defined, so that the compiler holds both against each other, and where the table is
// made.

#include "../include/mrdl_kernels.h"

#define GEMM_BLOCK_(type) mrdl_##type##_gemm_block
#define GEMM_BLOCK_OF(type) GEMM_BLOCK_(type)
#define ROW_CONVOLUTION_(type) mrdl_##type##_row_convolution
#define ROW_CONVOLUTION_OF(type) ROW_CONVOLUTION_(type)
#define RECURRENCE_(type) mrdl_##type##_recurrence
#define RECURRENCE_OF(type) RECURRENCE_(type)

void KERNEL(gemm_block)(const GEMM_BLOCK_OF(MRDL_TYPE) *);
void KERNEL(pack_a)(size_t, size_t, size_t, size_t, real, const real *, size_t, size_t, real *);
void KERNEL(pack_b)(size_t, size_t, const real *, size_t, size_t, real *);
void KERNEL(pack_patches)(const mrdl_window *, const real *, size_t, size_t, size_t, size_t,
                          real *);
void KERNEL(shifted_product)(size_t, size_t, size_t, size_t, size_t, const real *, const real *,
                             const ptrdiff_t *, real *, size_t, const real *, const real *);
void KERNEL(convolve_rows)(const ROW_CONVOLUTION_OF(MRDL_TYPE) *);
void KERNEL(copy_rows)(size_t, size_t, const real *, size_t, real *, size_t);
void KERNEL(gemv_rows)(size_t, size_t, const real *, size_t, const real *, real *, int32_t);
void KERNEL(gemv_columns)(size_t, size_t, const real *, size_t, const real *, real *, int32_t);
real KERNEL(dot)(size_t, const real *, const real *);
void KERNEL(axpy)(size_t, real, const real *, real *);
void KERNEL(epilogue)(size_t, size_t, real *, size_t, const real *, const real *, const real *,
                      mrdl_activation, real, real);

void KERNEL(recurrent_step)(const RECURRENCE_OF(MRDL_TYPE) *, size_t, size_t, size_t, size_t);

void KERNEL(depthwise)(const mrdl_window *, size_t, const real *, const real *, const real *,
                       real *);
void KERNEL(max_pool)(const mrdl_window *, size_t, const real *, real *);
void KERNEL(average_pool)(const mrdl_window *, size_t, const real *, real *, int32_t);

void KERNEL(exp)(size_t, const real *, real *);
void KERNEL(log)(size_t, const real *, real *);
void KERNEL(sigmoid)(size_t, const real *, real *);
void KERNEL(tanh)(size_t, const real *, real *);
void KERNEL(erf)(size_t, const real *, real *);
void KERNEL(sqrt)(size_t, const real *, real *);
void KERNEL(relu)(size_t, const real *, real *);
void KERNEL(leaky_relu)(size_t, real, const real *, real *);
void KERNEL(clip)(size_t, real, real, const real *, real *);

void KERNEL(add)(size_t, const real *, const real *, real *);
void KERNEL(subtract)(size_t, const real *, const real *, real *);
void KERNEL(multiply)(size_t, const real *, const real *, real *);
void KERNEL(divide)(size_t, const real *, const real *, real *);
void KERNEL(maximum)(size_t, const real *, const real *, real *);
void KERNEL(minimum)(size_t, const real *, const real *, real *);
void KERNEL(add_scalar)(size_t, const real *, real, real *);
void KERNEL(subtract_scalar)(size_t, const real *, real, real *);
void KERNEL(subtract_from_scalar)(size_t, const real *, real, real *);
void KERNEL(multiply_scalar)(size_t, const real *, real, real *);
void KERNEL(divide_scalar)(size_t, const real *, real, real *);
void KERNEL(divide_into_scalar)(size_t, const real *, real, real *);
void KERNEL(maximum_scalar)(size_t, const real *, real, real *);
void KERNEL(minimum_scalar)(size_t, const real *, real, real *);

void KERNEL(softmax)(size_t, size_t, const real *, real *);
void KERNEL(log_softmax)(size_t, size_t, const real *, real *);
void KERNEL(scale_shift)(size_t, size_t, const real *, const real *, const real *, real *);

double KERNEL(sum)(size_t, const real *);
double KERNEL(sum_of_squares)(size_t, const real *);
double KERNEL(sum_of_squared_deviations)(size_t, const real *, real);
real KERNEL(largest)(size_t, const real *);
real KERNEL(smallest)(size_t, const real *);
