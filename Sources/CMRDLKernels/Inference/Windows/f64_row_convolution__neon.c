#if defined(__aarch64__)
#include "../../Templates/f64.h"
#include "../../Templates/neon.h"
#include "../../Templates/declarations.h"
#include "../../Templates/row_convolution.h"
#pragma clang attribute pop
#endif
