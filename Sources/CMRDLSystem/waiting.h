#pragma once

#include <stdatomic.h>
#include <stdint.h>

/// Sleeps while `*word` equals `seen`; may return early. Calls of `mrdl_wake_all` on the same word
/// end it.
void mrdl_wait_while(atomic_uint *word, unsigned seen);

/// Ends the sleep of every thread that waits on the word. The word must have been changed before.
void mrdl_wake_all(atomic_uint *word);

/// Tells the processor that this is a spin loop.
static inline void mrdl_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb" ::: "memory");
#endif
}

/// A monotonic clock in nanoseconds.
uint64_t mrdl_nanoseconds(void);

