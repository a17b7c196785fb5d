#if defined(__aarch64__)
#include "../../Templates/f64.h"
#include "../../Templates/neon.h"
#include "../../Templates/declarations.h"
#include "../../Templates/shifted_products.h"
#pragma clang attribute pop
#endif
