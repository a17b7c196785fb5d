#pragma once

#include "../include/mrdl_kernels.h"

/// Whether the processor has an instruction set.
int mrdl_isa_available(mrdl_isa isa);

/// Whether `MRDL_ISA` named the set that is used: nothing beyond it is used then.
int mrdl_isa_is_wished(void);
