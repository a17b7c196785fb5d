#include "../../Templates/f32.h"
#include "../../Templates/scalar.h"
#define INTEGER_ISA MRDL_ISA_SCALAR
#define HAS_VNNI 0
#include "../../Templates/integer_kernels.h"
