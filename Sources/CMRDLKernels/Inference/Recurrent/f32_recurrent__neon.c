#if defined(__aarch64__)
#include "../../Templates/f32.h"
#include "../../Templates/neon.h"
#include "../../Templates/declarations.h"
#include "../../Templates/recurrent.h"
#pragma clang attribute pop
#endif
