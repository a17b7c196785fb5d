// Kernels of one instruction set against plain loops in double precision, over odd shapes, for processors that
// the tests in Swift do not run on: cross-compiled and run by an emulator.
//
//   compare_kernels [scalar | sse2 | avx2 | avx512 | neon]    the widest where none is named
//
// Ends with 1 where a kernel differs by more than rounding.

#include "CMRDLKernels.h"
#include "numbers.h"

/// Two axes of odd extents, strides, dilations and padding; none of them for a `plain` one.
static mrdl_window random_window(int plain) {
  mrdl_window w = {.input = {1, next_size(3, 14), next_size(3, 40)}, .kernel = {1, 1, 1},
                   .stride = {1, 1, 1}, .dilation = {1, 1, 1}};
  w.kernel.height = plain ? 3 : next_size(1, 3), w.kernel.width = plain ? 3 : next_size(1, 3);
  w.begin.height = next_size(0, w.kernel.height - 1), w.end.height = next_size(0, w.kernel.height - 1);
  w.begin.width = next_size(0, w.kernel.width - 1), w.end.width = next_size(0, w.kernel.width - 1);
  if (!plain) {
    w.stride.height = next_size(1, 2), w.stride.width = next_size(1, 3);
    if (w.input.height > 4) w.dilation.height = next_size(1, 2);
    if (w.input.width > 4) w.dilation.width = next_size(1, 2);
  }
  w.output = (mrdl_extent){
      1,
      outputs_of(w.input.height, w.begin.height, w.end.height, w.kernel.height, w.stride.height,
                 w.dilation.height),
      outputs_of(w.input.width, w.begin.width, w.end.width, w.kernel.width, w.stride.width,
                 w.dilation.width)};
  return w;
}

/// Where in its plane tap t of output o looks, or −1.
static ptrdiff_t seen_at(const mrdl_window *w, size_t o, size_t t) {
  const ptrdiff_t y = position(o / w->output.width, t / w->kernel.width, w->stride.height,
                               w->dilation.height, w->begin.height, w->input.height);
  const ptrdiff_t x = position(o % w->output.width, t % w->kernel.width, w->stride.width,
                               w->dilation.width, w->begin.width, w->input.width);
  return y < 0 || x < 0 ? -1 : y * (ptrdiff_t)w->input.width + x;
}

#define REAL float
#define TABLE mrdl_f32_kernels
#define TRAINING_TABLE mrdl_f32_training_kernels
#define BLOCK mrdl_f32_gemm_block
#define ROW_CONVOLUTION mrdl_f32_row_convolution
#define GATE mrdl_f32_gate
#define RECURRENCE mrdl_f32_recurrence
#define TERMS mrdl_f32_gradient_terms
#define NAMED(name) f32_##name
#define BOUND 1e-6
#include "compare_type.h"
#include "compare_recurrent.h"
#include "compare_training.h"
#undef REAL
#undef TABLE
#undef TRAINING_TABLE
#undef BLOCK
#undef ROW_CONVOLUTION
#undef GATE
#undef RECURRENCE
#undef TERMS
#undef NAMED
#undef BOUND
#define REAL double
#define TABLE mrdl_f64_kernels
#define TRAINING_TABLE mrdl_f64_training_kernels
#define BLOCK mrdl_f64_gemm_block
#define ROW_CONVOLUTION mrdl_f64_row_convolution
#define GATE mrdl_f64_gate
#define RECURRENCE mrdl_f64_recurrence
#define TERMS mrdl_f64_gradient_terms
#define NAMED(name) f64_##name
#define BOUND 1e-14
#include "compare_type.h"
#include "compare_recurrent.h"
#include "compare_training.h"

#include "compare_blocked.h"

int main(int count, char **arguments) {
  const mrdl_kernels *kernels = mrdl_kernels_current();
  if (count > 1) {
    kernels = 0;
    for (int isa = MRDL_ISA_SCALAR; isa <= MRDL_ISA_NEON; isa++) {
      if (!strcmp(arguments[1], mrdl_isa_name((mrdl_isa)isa))) kernels = mrdl_kernels_for((mrdl_isa)isa);
    }
    if (!kernels) {
      fprintf(stderr, "compare_kernels: this processor has no %s\n", arguments[1]);
      return 64;
    }
  }
  f32_products(kernels->f32), f32_arrays(kernels->f32), f32_windows(kernels->f32);
  f32_rows(kernels->f32), f32_squares(kernels->f32);
  f64_products(kernels->f64), f64_arrays(kernels->f64), f64_windows(kernels->f64);
  f64_rows(kernels->f64), f64_squares(kernels->f64);
  f32_recurrences(kernels->f32), f64_recurrences(kernels->f64);
  const mrdl_training_kernels *training = mrdl_training_kernels_for(kernels->isa);
  if (!training) {
    fprintf(stderr, "compare_kernels: %s has no training kernels\n", mrdl_isa_name(kernels->isa));
    return 1;
  }
  f32_training(kernels->f32, training->f32), f64_training(kernels->f64, training->f64);
  const mrdl_blocked_kernels *blocked = mrdl_blocked_kernels_for(kernels->isa);
  if (blocked) compare_blocked(blocked);
  printf("%s, registers of %zu numbers: %d comparisons, %d failed\n", mrdl_isa_name(kernels->isa),
         kernels->f32->lanes, comparisons, failures);
  return failures > 0;
}
