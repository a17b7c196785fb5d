#include "../../Templates/f32.h"
#include "../../Templates/scalar.h"
#include "../../Templates/table.h"
