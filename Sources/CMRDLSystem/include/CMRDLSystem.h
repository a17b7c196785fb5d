#pragma once
#include "mrdl_pool.h"
#include "mrdl_system.h"
