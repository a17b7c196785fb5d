#pragma once

#include <stddef.h>
#include <stdint.h>

#include "mrdl_kernels.h"
#include "mrdl_window.h"

// The kernels that only learning needs, in a table of their own: a program that does not ask for it
// does not carry them. What mrdl_kernels.h says of its kernels holds for these.

#define MRDL_REAL float
#define MRDL_GRADIENT_TERMS mrdl_f32_gradient_terms
#define MRDL_KERNEL_TABLE mrdl_f32_training_kernels
#include "mrdl_training_kernel_table.h"
#undef MRDL_REAL
#undef MRDL_GRADIENT_TERMS
#undef MRDL_KERNEL_TABLE

#define MRDL_REAL double
#define MRDL_GRADIENT_TERMS mrdl_f64_gradient_terms
#define MRDL_KERNEL_TABLE mrdl_f64_training_kernels
#include "mrdl_training_kernel_table.h"
#undef MRDL_REAL
#undef MRDL_GRADIENT_TERMS
#undef MRDL_KERNEL_TABLE

/// The training kernels of one instruction set.
typedef struct {
  mrdl_isa isa;
  const mrdl_f32_training_kernels *_Nonnull f32;
  const mrdl_f64_training_kernels *_Nonnull f64;
} mrdl_training_kernels;

/// The training kernels of the instruction set in use.
const mrdl_training_kernels *_Nonnull mrdl_training_kernels_current(void);

/// The training kernels of one instruction set, null when the processor lacks it.
const mrdl_training_kernels *_Nullable mrdl_training_kernels_for(mrdl_isa isa);
