#if defined(__aarch64__)
#include "../../Templates/f32.h"
#include "../../Templates/neon.h"
#include "../../Templates/blocked_table.h"
#pragma clang attribute pop
#endif
