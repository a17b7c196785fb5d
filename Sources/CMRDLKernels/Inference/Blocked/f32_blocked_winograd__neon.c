#if defined(__aarch64__)
#include "../../Templates/f32.h"
#include "../../Templates/neon.h"
#include "../../Templates/blocked_declarations.h"
#include "../../Templates/blocked_winograd.h"
#pragma clang attribute pop
#endif
