#pragma once
#include "mrdl_blocked_kernels.h"
#include "mrdl_kernels.h"
#include "mrdl_sha256.h"
#include "mrdl_training_kernels.h"
#include "mrdl_window.h"
