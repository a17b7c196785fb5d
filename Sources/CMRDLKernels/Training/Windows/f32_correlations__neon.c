#if defined(__aarch64__)
#include "../../Templates/f32.h"
#include "../../Templates/neon.h"
#include "../../Templates/training_declarations.h"
#include "../../Templates/correlations.h"
#pragma clang attribute pop
#endif
