#pragma once
#include "mrdl_bf16_kernels.h"
#include "mrdl_blocked_kernels.h"
#include "mrdl_integer_kernels.h"
#include "mrdl_kernels.h"
#include "mrdl_sha256.h"
#include "mrdl_training_kernels.h"
#include "mrdl_window.h"
