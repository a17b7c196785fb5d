#if defined(__x86_64__)
#include "../../Templates/f32.h"
#include "../../Templates/avx512.h"
#undef TILE_ROWS
#define TILE_ROWS 8
#define INTEGER_ISA MRDL_ISA_AVX512
#define HAS_VNNI 0
#include "../../Templates/integer_kernels.h"
#pragma clang attribute pop
#endif
