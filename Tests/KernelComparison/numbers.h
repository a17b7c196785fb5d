// Random numbers, memory and comparison for the kernel comparison.
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t random_state = 88172645463325252u;
static int failures, comparisons;

/// Marsaglia's xorshift; the same numbers on every machine.
static uint64_t next_word(void) {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return random_state;
}

/// −1 ..< 1.
static double next_number(void) { return (double)(next_word() >> 11) * 0x1p-52 - 1; }

/// A whole number from low to high.
static size_t next_size(size_t low, size_t high) { return low + next_word() % (high - low + 1); }

static void *take(size_t count, size_t size) {
  void *p = calloc(count ? count : 1, size);
  if (!p) abort();
  return p;
}

/// Compares one number; `scale` is the size of what was summed.
static void compare(const char *kernel, double found, double expected, double scale, double bound) {
  comparisons++;
  if (isnan(found) && isnan(expected)) return;
  if (found == expected) return;
  if (fabs(found - expected) <= bound * (1 + scale)) return;
  if (++failures <= 20) printf("%s: %.9g in place of %.9g\n", kernel, found, expected);
}

/// The input position that tap t of output o sees, or −1 for padding.
static ptrdiff_t position(size_t o, size_t t, size_t stride, size_t dilation, size_t begin,
                          size_t length) {
  const ptrdiff_t p = (ptrdiff_t)(o * stride + t * dilation) - (ptrdiff_t)begin;
  return p < 0 || p >= (ptrdiff_t)length ? -1 : p;
}

static size_t outputs_of(size_t input, size_t begin, size_t end, size_t kernel, size_t stride,
                         size_t dilation) {
  return (input + begin + end - (kernel - 1) * dilation - 1) / stride + 1;
}
