// 64-bit ARM.

#include <arm_neon.h>

#include "begin.h"

#define MRDL_ISA neon
#define REGISTER_BYTES 16
#define HAS_FMA 1
#define TILE_ROWS 8
#define TILE_VECTORS 2

// Every 64-bit ARM has NEON; the attribute keeps the files of all instruction sets alike.
#pragma clang attribute push(__attribute__((target("neon"))), apply_to = function)
#include "vector.h"
#include "partial.h"
