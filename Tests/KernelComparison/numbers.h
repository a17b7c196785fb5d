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

/// Word n of a stream of Philox4x32-10: word n mod 4 of block n / 4.
static uint32_t philox_word(uint64_t seed, uint64_t stream, uint64_t n) {
  uint32_t c[4] = {(uint32_t)(n / 4), (uint32_t)(n / 4 >> 32), (uint32_t)stream, (uint32_t)(stream >> 32)};
  uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
  for (int round = 0; round < 10; round++) {
    const uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
    const uint32_t next[4] = {(uint32_t)(b >> 32) ^ c[1] ^ key[0], (uint32_t)b,
                              (uint32_t)(a >> 32) ^ c[3] ^ key[1], (uint32_t)a};
    memcpy(c, next, sizeof c);
    key[0] += 0x9E3779B9u, key[1] += 0xBB67AE85u;
  }
  return c[n % 4];
}
