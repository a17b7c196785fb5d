#include "../../Templates/f32.h"
#include "../../Templates/scalar.h"
#include "../../Templates/training_declarations.h"
#include "../../Templates/recurrent_gradients.h"
