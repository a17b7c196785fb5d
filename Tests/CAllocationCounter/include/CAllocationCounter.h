#pragma once
#include <stdint.h>

/// Begins to count calls of `malloc`, `calloc`, `realloc` and `aligned_alloc` and their kin by this
/// thread. Works where the C library is glibc.
void mrdl_test_begin_counting_allocations(void);

/// Ends counting.
///
/// - Returns: the number of calls since it began, or -1 where they cannot be counted.
int64_t mrdl_test_end_counting_allocations(void);
