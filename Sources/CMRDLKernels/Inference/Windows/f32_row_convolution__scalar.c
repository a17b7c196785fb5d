#include "../../Templates/f32.h"
#include "../../Templates/scalar.h"
#include "../../Templates/declarations.h"
#include "../../Templates/row_convolution.h"
