#include "CAllocationCounter.h"

#include <errno.h>
#include <stddef.h>

#if defined(__GLIBC__)

static _Thread_local int is_counting;
static _Thread_local int64_t count;

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static void note(void) {
  if (is_counting) count++;
}

// These take the place of the C library's own in the program and in every library that it loads.

void *malloc(size_t size) {
  note();
  return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
  note();
  return __libc_calloc(number, size);
}

void *realloc(void *pointer, size_t size) {
  note();
  return __libc_realloc(pointer, size);
}

void *memalign(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
  note();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void **pointer, size_t alignment, size_t size) {
  note();
  void *memory = __libc_memalign(alignment, size);
  if (!memory) return ENOMEM;
  *pointer = memory;
  return 0;
}

void mrdl_test_begin_counting_allocations(void) {
  count = 0;
  is_counting = 1;
}

int64_t mrdl_test_end_counting_allocations(void) {
  is_counting = 0;
  return count;
}

#else

void mrdl_test_begin_counting_allocations(void) {}

int64_t mrdl_test_end_counting_allocations(void) { return -1; }

#endif
