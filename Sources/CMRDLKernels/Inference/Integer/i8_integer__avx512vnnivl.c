#if defined(__x86_64__)
#include "../../Templates/f32.h"
#include "../../Templates/avx512vl.h"
#include "../../Templates/partial.h"
#pragma clang attribute pop
#undef MRDL_ISA
#define MRDL_ISA avx512vnnivl
#define INTEGER_ISA MRDL_ISA_AVX512
#define HAS_VNNI 1
#pragma clang attribute push(                                                           \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2,fma"))), \
    apply_to = function)
#include "../../Templates/integer_kernels.h"
#pragma clang attribute pop
#endif
