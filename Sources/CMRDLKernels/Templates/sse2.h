// x86-64 as every processor has it.

#include <emmintrin.h>

#include "begin.h"

#define MRDL_ISA sse2
#define REGISTER_BYTES 16
#define HAS_FMA 0
#define TILE_ROWS 5
#define TILE_VECTORS 2

#pragma clang attribute push(__attribute__((target("sse2"))), apply_to = function)
#include "vector.h"
#include "partial.h"
