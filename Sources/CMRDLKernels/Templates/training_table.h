// The table of training kernels of one element type and instruction set.

#include "training_declarations.h"

#define TABLE_TYPE_(type) mrdl_##type##_training_kernels
#define TABLE_TYPE_OF(type) TABLE_TYPE_(type)

const TABLE_TYPE_OF(MRDL_TYPE) KERNEL(training_kernels) = {
#define ENTRY(name) .name = KERNEL(name)
    ENTRY(pack_patches_transposed),
    ENTRY(add_patches),
    ENTRY(correlate),
    ENTRY(relu_backward),
    ENTRY(leaky_relu_backward),
    ENTRY(sigmoid_backward),
    ENTRY(tanh_backward),
    ENTRY(clip_backward),
    ENTRY(softmax_backward),
    ENTRY(log_softmax_backward),
    ENTRY(sum_rows),
    ENTRY(sum_columns),
    ENTRY(max_pool_backward),
    ENTRY(average_pool_backward),
    ENTRY(lstm_forward),
    ENTRY(lstm_backward),
    ENTRY(residual_moments),
    ENTRY(blend),
    ENTRY(dropout),
    ENTRY(descent_step),
    ENTRY(momentum_step),
    ENTRY(ada_grad_step),
    ENTRY(rms_prop_step),
    ENTRY(adam_step),
};
