#include "../include/mrdl_integer_kernels.h"

#include "../Probe/isa.h"
#include "../Probe/processor.h"

#define DECLARE(isa) extern const mrdl_integer_kernels mrdl_i8_kernels__##isa;

DECLARE(scalar)
#if defined(__x86_64__)
DECLARE(sse2)
DECLARE(avx2)
DECLARE(avx512)
DECLARE(avx512vnni)
DECLARE(avx512vnnivl)
#elif defined(__aarch64__)
DECLARE(neon)
#endif

#if defined(__x86_64__)
static int has_vnni(void) {
  return mrdl_isa_available(MRDL_ISA_AVX512) &&
         (mrdl_processor_features() & MRDL_FEATURE_AVX512_VNNI) != 0;
}
#endif

const mrdl_integer_kernels *mrdl_integer_kernels_current(void) {
  switch (mrdl_isa_current()) {
#if defined(__x86_64__)
    case MRDL_ISA_SSE2: return &mrdl_i8_kernels__sse2;
    case MRDL_ISA_AVX2: return &mrdl_i8_kernels__avx2;
    case MRDL_ISA_AVX512:
      return has_vnni() ? &mrdl_i8_kernels__avx512vnni : &mrdl_i8_kernels__avx512;
#elif defined(__aarch64__)
    case MRDL_ISA_NEON: return &mrdl_i8_kernels__neon;
#endif
    default: return &mrdl_i8_kernels__scalar;
  }
}

const mrdl_integer_kernels *mrdl_integer_kernels_narrow(void) {
#if defined(__x86_64__)
  if (mrdl_isa_current() == MRDL_ISA_AVX512) {
    return has_vnni() ? &mrdl_i8_kernels__avx512vnnivl : &mrdl_i8_kernels__avx2;
  }
#endif
  return mrdl_integer_kernels_current();
}

const mrdl_integer_kernels *mrdl_integer_kernels_at(size_t index) {
  static const mrdl_integer_kernels *const tables[] = {
      &mrdl_i8_kernels__scalar,
#if defined(__x86_64__)
      &mrdl_i8_kernels__sse2,       &mrdl_i8_kernels__avx2,
      &mrdl_i8_kernels__avx512,     &mrdl_i8_kernels__avx512vnni,
      &mrdl_i8_kernels__avx512vnnivl,
#elif defined(__aarch64__)
      &mrdl_i8_kernels__neon,
#endif
  };
  for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
    if (!mrdl_isa_available(tables[i]->isa)) continue;
#if defined(__x86_64__)
    const int needs_vnni = tables[i] == &mrdl_i8_kernels__avx512vnni ||
                           tables[i] == &mrdl_i8_kernels__avx512vnnivl;
    if (needs_vnni && !has_vnni()) continue;
#endif
    if (index-- == 0) return tables[i];
  }
  return NULL;
}
