#include "../include/mrdl_kernels.h"

#include "../Probe/isa.h"

#define DECLARE(isa)                                            \
  extern const mrdl_f32_kernels mrdl_f32_kernels__##isa; \
  extern const mrdl_f64_kernels mrdl_f64_kernels__##isa;
#define ENTRY(number, isa) {number, &mrdl_f32_kernels__##isa, &mrdl_f64_kernels__##isa}

DECLARE(scalar)
#if defined(__x86_64__)
DECLARE(sse2)
DECLARE(avx2)
DECLARE(avx512)
#elif defined(__aarch64__)
DECLARE(neon)
#endif

static const mrdl_kernels tables[] = {
    ENTRY(MRDL_ISA_SCALAR, scalar),
#if defined(__x86_64__)
    ENTRY(MRDL_ISA_SSE2, sse2),
    ENTRY(MRDL_ISA_AVX2, avx2),
    ENTRY(MRDL_ISA_AVX512, avx512),
#elif defined(__aarch64__)
    ENTRY(MRDL_ISA_NEON, neon),
#endif
};

const mrdl_kernels *mrdl_kernels_for(mrdl_isa isa) {
  if (!mrdl_isa_available(isa)) return NULL;
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    if (tables[i].isa == isa) return &tables[i];
  }
  return NULL;
}

const mrdl_kernels *mrdl_kernels_current(void) {
  const mrdl_kernels *current = mrdl_kernels_for(mrdl_isa_current());
  return current ? current : &tables[0];
}
