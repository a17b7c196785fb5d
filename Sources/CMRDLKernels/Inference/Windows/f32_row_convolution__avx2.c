#if defined(__x86_64__)
#include "../../Templates/f32.h"
#include "../../Templates/avx2.h"
#include "../../Templates/declarations.h"
#include "../../Templates/row_convolution.h"
#pragma clang attribute pop
#endif
