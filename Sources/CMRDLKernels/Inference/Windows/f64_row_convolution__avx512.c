#if defined(__x86_64__)
#include "../../Templates/f64.h"
#include "../../Templates/avx512.h"
#include "../../Templates/declarations.h"
#include "../../Templates/row_convolution.h"
#pragma clang attribute pop
#endif
