#if defined(__x86_64__)
#include "../../Templates/f32.h"
#include "../../Templates/avx512.h"
#pragma clang attribute pop
#undef MRDL_ISA
#define MRDL_ISA avx512bf16
#define HAS_TILES 0
#pragma clang attribute push(                                                           \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16,avx2,fma"))), \
    apply_to = function)
#include "../../Templates/bf16_kernels.h"
#pragma clang attribute pop
#endif
