#pragma once
#include <stddef.h>
#include <stdint.h>

/// The state of a SHA-256 computation (FIPS 180-4).
typedef struct {
  uint32_t state[8];
  uint64_t byte_count;
  uint8_t block[64];
} mrdl_sha256_context;

void mrdl_sha256_init(mrdl_sha256_context *context);
void mrdl_sha256_update(mrdl_sha256_context *context, const void *bytes, size_t count);
void mrdl_sha256_final(mrdl_sha256_context *context, uint8_t digest[32]);
