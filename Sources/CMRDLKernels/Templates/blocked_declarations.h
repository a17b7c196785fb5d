// The kernels of blocked tensors of one instruction set, as their table names them: included where
// they are defined, so that the compiler holds both against each other, and where the table is made.

#include "../include/mrdl_blocked_kernels.h"
#include "extremes.h"

void KERNEL(blocked_pack_weights)(size_t, size_t, size_t, int32_t, const real *, real *);
void KERNEL(blocked_convolve)(const mrdl_blocked_product *);
void KERNEL(blocked_stage_rows)(const mrdl_window *, int32_t, const real *, size_t, size_t, size_t,
                                size_t, size_t, real *);
void KERNEL(blocked_winograd_weights)(size_t, size_t, size_t, size_t, size_t, const real *, real *);
void KERNEL(blocked_winograd_input)(const mrdl_winograd *, size_t, size_t, const real *, size_t,
                                    real *);
void KERNEL(blocked_winograd_output)(const mrdl_winograd *, size_t, size_t, const real *, size_t,
                                     const real *, const real *, int32_t, real, real, real *);
void KERNEL(blocked_depthwise)(const mrdl_window *, size_t, size_t, const real *, const real *,
                               const real *, const real *, int32_t, real, real, real *);
void KERNEL(blocked_max_pool)(const mrdl_window *, size_t, size_t, const real *, real *);
void KERNEL(blocked_average_pool)(const mrdl_window *, size_t, size_t, const real *, real *,
                                  int32_t);
void KERNEL(blocked_mean)(size_t, const real *, real *);
void KERNEL(blocked_largest)(size_t, const real *, real *);
void KERNEL(blocked_to_block)(size_t, size_t, const real *, size_t, real *);
void KERNEL(blocked_from_block)(size_t, size_t, const real *, real *, size_t);
