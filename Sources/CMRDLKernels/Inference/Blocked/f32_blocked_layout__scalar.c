#include "../../Templates/f32.h"
#include "../../Templates/scalar.h"
#include "../../Templates/blocked_declarations.h"
#include "../../Templates/blocked_layout.h"
