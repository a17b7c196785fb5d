#pragma once
#include "mrdl_sha256.h"
