#include "isa.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "processor.h"

static const char *const names[] = {"scalar", "sse2", "avx2", "avx512", "neon"};
enum { isa_count = sizeof names / sizeof names[0] };

/// Widest first.
static const mrdl_isa preference[] = {MRDL_ISA_AVX512, MRDL_ISA_AVX2, MRDL_ISA_SSE2,
                                      MRDL_ISA_NEON, MRDL_ISA_SCALAR};

int mrdl_isa_available(mrdl_isa isa) {
  const unsigned features = mrdl_processor_features();
  switch (isa) {
    case MRDL_ISA_SCALAR: return 1;
    case MRDL_ISA_SSE2: return (features & MRDL_FEATURE_SSE2) != 0;
    case MRDL_ISA_AVX2: return (features & MRDL_FEATURE_AVX2_FMA) != 0;
    case MRDL_ISA_AVX512: return (features & MRDL_FEATURE_AVX512) != 0;
    case MRDL_ISA_NEON: return (features & MRDL_FEATURE_NEON) != 0;
  }
  return 0;
}

const char *mrdl_isa_name(mrdl_isa isa) {
  return isa >= 0 && isa < isa_count ? names[isa] : "unknown";
}

static char diagnostic[160];

/// 0 before the decision, 1 while a thread makes it, 2 after. The choice and the diagnostic are
/// written before the 2.
static atomic_int decision;
static mrdl_isa choice;
static int is_wished;

static void decide(void) {
  for (size_t i = 0; i < isa_count; i++) {
    if (mrdl_isa_available(preference[i])) {
      choice = preference[i];
      break;
    }
  }
  const char *wish = getenv("MRDL_ISA");
  if (!wish || !*wish) return;
  for (int isa = 0; isa < isa_count; isa++) {
    if (strcmp(wish, names[isa]) != 0) continue;
    if (mrdl_isa_available((mrdl_isa)isa)) {
      choice = (mrdl_isa)isa;
      is_wished = 1;
    } else {
      snprintf(diagnostic, sizeof diagnostic,
               "MRDL_ISA asks for %s, which this processor lacks; %s is used", names[isa],
               names[choice]);
    }
    return;
  }
  snprintf(diagnostic, sizeof diagnostic,
           "MRDL_ISA is \"%.32s\", expected scalar, sse2, avx2, avx512 or neon; %s is used", wish,
           names[choice]);
}

mrdl_isa mrdl_isa_current(void) {
  while (atomic_load_explicit(&decision, memory_order_acquire) != 2) {
    int undecided = 0;
    if (atomic_compare_exchange_strong(&decision, &undecided, 1)) {
      decide();
      atomic_store_explicit(&decision, 2, memory_order_release);
    }
  }
  return choice;
}

int mrdl_isa_is_wished(void) {
  mrdl_isa_current();
  return is_wished;
}

const char *mrdl_isa_diagnostic(void) {
  mrdl_isa_current();
  return diagnostic[0] ? diagnostic : NULL;
}
