#include "../include/mrdl_blocked_kernels.h"

#include "../Probe/isa.h"
#include "../Probe/processor.h"

#define DECLARE(isa) extern const mrdl_blocked_kernels mrdl_f32_blocked_kernels__##isa;

DECLARE(scalar)
#if defined(__x86_64__)
DECLARE(sse2)
DECLARE(avx2)
DECLARE(avx512)
DECLARE(avx512vl)
#elif defined(__aarch64__)
DECLARE(neon)
#endif

const mrdl_blocked_kernels *mrdl_blocked_kernels_for(mrdl_isa isa) {
  if (!mrdl_isa_available(isa)) return NULL;
  switch (isa) {
    case MRDL_ISA_SCALAR: return &mrdl_f32_blocked_kernels__scalar;
#if defined(__x86_64__)
    case MRDL_ISA_SSE2: return &mrdl_f32_blocked_kernels__sse2;
    case MRDL_ISA_AVX2: return &mrdl_f32_blocked_kernels__avx2;
    case MRDL_ISA_AVX512: return &mrdl_f32_blocked_kernels__avx512;
#elif defined(__aarch64__)
    case MRDL_ISA_NEON: return &mrdl_f32_blocked_kernels__neon;
#endif
    default: return NULL;
  }
}

const mrdl_blocked_kernels *mrdl_blocked_kernels_current(void) {
  const mrdl_blocked_kernels *current = mrdl_blocked_kernels_for(mrdl_isa_current());
  return current ? current : &mrdl_f32_blocked_kernels__scalar;
}

const mrdl_blocked_kernels *mrdl_blocked_kernels_narrow(void) {
#if defined(__x86_64__)
  if (mrdl_isa_current() == MRDL_ISA_AVX512) return &mrdl_f32_blocked_kernels__avx512vl;
#endif
  return mrdl_blocked_kernels_current();
}

int32_t mrdl_blocked_kernels_narrow_are_quicker(void) {
  return mrdl_isa_current() == MRDL_ISA_AVX512 &&
         (mrdl_processor_features() & MRDL_FEATURE_AVX512_BY_HALVES) != 0;
}
