#if defined(__x86_64__)
#include "../../Templates/f32.h"
#include "../../Templates/avx2.h"
#include "../../Templates/training_declarations.h"
#include "../../Templates/correlations.h"
#pragma clang attribute pop
#endif
