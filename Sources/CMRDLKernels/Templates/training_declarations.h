// The training kernels of one element type and instruction set, as their table names them.

#include "../include/mrdl_training_kernels.h"

void KERNEL(pack_patches_transposed)(const mrdl_window *, const real *, size_t, size_t, size_t,
                                     size_t, real *);
void KERNEL(add_patches)(const mrdl_window *, const real *, size_t, size_t, size_t, size_t, size_t,
                         real *);

void KERNEL(correlate)(size_t, size_t, size_t, size_t, const real *, size_t, size_t, const real *,
                       size_t, const ptrdiff_t *, real *, size_t, int32_t);

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

void KERNEL(lstm_forward)(size_t, const real *, const real *, real *, real *, real *, real *);
void KERNEL(lstm_backward)(size_t, const real *, const real *, const real *, const real *, real *,
                           real *);

#define TERMS_TYPE_(type) mrdl_##type##_gradient_terms
#define TERMS_TYPE_OF(type) TERMS_TYPE_(type)
typedef TERMS_TYPE_OF(MRDL_TYPE) gradient_terms;

void KERNEL(residual_moments)(size_t, real, const real *, const real *, double *);
void KERNEL(blend)(size_t, real, const real *, real, const real *, real, real *);

void KERNEL(dropout)(size_t, uint64_t, uint64_t, uint64_t, uint32_t, real, const real *, real *);

void KERNEL(descent_step)(size_t, const gradient_terms *, real, const real *, real *);
void KERNEL(momentum_step)(size_t, const gradient_terms *, real, real, int32_t, const real *,
                           real *, real *);
void KERNEL(ada_grad_step)(size_t, const gradient_terms *, real, real, const real *, real *,
                           real *);
void KERNEL(rms_prop_step)(size_t, const gradient_terms *, real, real, real, real, const real *,
                           real *, real *, real *);
void KERNEL(adam_step)(size_t, const gradient_terms *, real, real, real, real, real, real,
                       const real *, real *, real *, real *);
