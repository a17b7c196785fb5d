#if defined(__aarch64__)
#include "../../Templates/f32.h"
#include "../../Templates/neon.h"
#undef TILE_ROWS
#define TILE_ROWS 4
#define INTEGER_ISA MRDL_ISA_NEON
#define HAS_VNNI 0
#include "../../Templates/integer_kernels.h"
#pragma clang attribute pop
#endif
