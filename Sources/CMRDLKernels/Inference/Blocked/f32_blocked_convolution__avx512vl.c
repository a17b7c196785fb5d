#if defined(__x86_64__)
#include "../../Templates/f32.h"
#include "../../Templates/avx512vl.h"
#include "../../Templates/blocked_declarations.h"
#include "../../Templates/blocked_convolution.h"
#pragma clang attribute pop
#endif
