#include "../include/mrdl_bf16_kernels.h"

#include "../Probe/isa.h"
#include "../Probe/processor.h"

#if defined(__x86_64__)
extern const mrdl_bf16_kernels mrdl_bf16_kernels__avx512bf16;
#endif

const mrdl_bf16_kernels *mrdl_bf16_kernels_current(void) {
#if defined(__x86_64__)
  if (mrdl_isa_current() == MRDL_ISA_AVX512 &&
      (mrdl_processor_features() & MRDL_FEATURE_AVX512_BF16)) {
    return &mrdl_bf16_kernels__avx512bf16;
  }
#endif
  return NULL;
}
