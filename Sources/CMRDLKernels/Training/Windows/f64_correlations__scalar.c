#include "../../Templates/f64.h"
#include "../../Templates/scalar.h"
#include "../../Templates/training_declarations.h"
#include "../../Templates/correlations.h"
