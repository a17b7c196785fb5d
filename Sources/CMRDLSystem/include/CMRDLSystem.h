#pragma once
#include "mrdl_system.h"
