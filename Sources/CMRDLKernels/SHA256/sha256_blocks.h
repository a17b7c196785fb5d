#pragma once

#include <stddef.h>
#include <stdint.h>

/// Runs the compression function over `count` consecutive blocks of 64 bytes.
typedef void (*mrdl_sha256_compressor)(uint32_t state[8], const uint8_t *blocks, size_t count);

/// The round constants of FIPS 180-4, section 4.2.2.
extern const uint32_t mrdl_sha256_constants[64];

void mrdl_sha256_compress__scalar(uint32_t state[8], const uint8_t *blocks, size_t count);
#if defined(__x86_64__)
void mrdl_sha256_compress__shani(uint32_t state[8], const uint8_t *blocks, size_t count);
#endif
#if defined(__aarch64__)
void mrdl_sha256_compress__armv8(uint32_t state[8], const uint8_t *blocks, size_t count);
#endif

