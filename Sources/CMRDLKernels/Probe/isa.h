#pragma once

#include "../include/mrdl_kernels.h"

/// Whether the processor has an instruction set.
int mrdl_isa_available(mrdl_isa isa);
