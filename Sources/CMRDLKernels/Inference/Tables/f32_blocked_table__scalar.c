#include "../../Templates/f32.h"
#include "../../Templates/scalar.h"
#include "../../Templates/blocked_table.h"
