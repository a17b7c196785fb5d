#include "processor.h"

#include <stdatomic.h>

#if defined(__x86_64__)
#include <cpuid.h>
#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>
#endif

#if defined(__x86_64__)
/// Zen 4, the first of its makers' processors with registers of 512 bits.
static int works_by_halves(void) {
  unsigned a, b, c, d;
  if (!__get_cpuid(0, &a, &b, &c, &d) || b != signature_AMD_ebx || !__get_cpuid(1, &a, &b, &c, &d)) {
    return 0;
  }
  const unsigned family = (a >> 8 & 15) + (a >> 20 & 255);
  return family == 0x19;
}
#endif

static unsigned probe(void) {
#if defined(__x86_64__)
  unsigned features = MRDL_FEATURE_SSE2;
  // Clang's feature test also asks whether the operating system saves the wide registers.
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    features |= MRDL_FEATURE_AVX2_FMA;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")) {
      features |= MRDL_FEATURE_AVX512;
      if (works_by_halves()) features |= MRDL_FEATURE_AVX512_BY_HALVES;
      if (__builtin_cpu_supports("avx512vnni")) features |= MRDL_FEATURE_AVX512_VNNI;
      if (__builtin_cpu_supports("avx512bf16")) features |= MRDL_FEATURE_AVX512_BF16;
    }
  }
  unsigned a, b, c, d;
  if (__builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3") &&
      __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29)) {
    features |= MRDL_FEATURE_SHA;
  }
  return features;
#elif defined(__aarch64__)
  unsigned features = MRDL_FEATURE_NEON;
#if defined(__linux__)
  const unsigned long sha2 = 1ul << 6;  // HWCAP_SHA2
  if (getauxval(AT_HWCAP) & sha2) features |= MRDL_FEATURE_SHA;
#elif defined(__APPLE__)
  int present = 0;
  size_t size = sizeof present;
  if (sysctlbyname("hw.optional.arm.FEAT_SHA256", &present, &size, 0, 0) == 0 && present) {
    features |= MRDL_FEATURE_SHA;
  }
#endif
  return features;
#else
  return 0;
#endif
}

unsigned mrdl_processor_features(void) {
  // Probing twice is harmless: every thread finds the same. The top bit marks a finished probe.
  static atomic_uint known;
  const unsigned done = 1u << 31;
  unsigned features = atomic_load_explicit(&known, memory_order_relaxed);
  if (!(features & done)) {
    features = probe() | done;
    atomic_store_explicit(&known, features, memory_order_relaxed);
  }
  return features & ~done;
}

#if defined(__x86_64__) && defined(__linux__)
/// The state of the tiles is 8 KiB for each thread; the system gives it to a process that asks.
static int may_use_tiles(void) {
  const unsigned has_bf16 = 1u << 22, has_tiles = 1u << 24;  // of leaf 7, edx
  unsigned a, b, c, d;
  if (!(mrdl_processor_features() & MRDL_FEATURE_AVX512_BF16) ||
      !__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d & has_bf16) || !(d & has_tiles)) {
    return 0;
  }
  enum { request_permission = 0x1023, tile_data = 18 };  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}
#else
static int may_use_tiles(void) { return 0; }
#endif

int mrdl_processor_has_tiles(void) {
  // 0 before it is known, then 1 or 2. Asking twice is harmless.
  static atomic_int known;
  int answer = atomic_load_explicit(&known, memory_order_relaxed);
  if (answer == 0) {
    answer = may_use_tiles() ? 2 : 1;
    atomic_store_explicit(&known, answer, memory_order_relaxed);
  }
  return answer == 2;
}
