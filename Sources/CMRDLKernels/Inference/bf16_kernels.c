#include "../include/mrdl_bf16_kernels.h"

#include "../Probe/isa.h"
#include "../Probe/processor.h"

#if defined(__x86_64__)
extern const mrdl_bf16_kernels mrdl_bf16_kernels__avx512bf16;
extern const mrdl_bf16_kernels mrdl_bf16_kernels__amx;
#endif

const mrdl_bf16_kernels *mrdl_bf16_kernels_current(void) {
#if defined(__x86_64__)
  if (mrdl_isa_current() == MRDL_ISA_AVX512 &&
      (mrdl_processor_features() & MRDL_FEATURE_AVX512_BF16)) {
    const int has_tiles = !mrdl_isa_is_wished() && mrdl_processor_has_tiles();
    return has_tiles ? &mrdl_bf16_kernels__amx : &mrdl_bf16_kernels__avx512bf16;
  }
#endif
  return NULL;
}
