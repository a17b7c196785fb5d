// All kernels of whole numbers of one instruction set.

#include "integer.h"
#include "integer_dot.h"
#include "integer_product.h"
#include "integer_packing.h"
#include "stage_rows.h"
#include "integer_windows.h"
#include "integer_table.h"
