#pragma once

#include <stddef.h>
#include <stdint.h>

/// The state of a running SHA-256 (FIPS 180-4).
///
/// A context may be copied by assignment; the copy continues on its own.
typedef struct {
  uint32_t state[8];
  /// Bytes taken so far.
  uint64_t length;
  /// The bytes of a block that is not full yet: the first `length % 64` count.
  uint8_t block[64];
} mrdl_sha256_context;

/// Starts a digest.
void mrdl_sha256_init(mrdl_sha256_context *_Nonnull context);

/// Takes `count` bytes in. `bytes` may be null when `count` is zero.
void mrdl_sha256_update(mrdl_sha256_context *_Nonnull context, const void *_Nullable bytes,
                        size_t count);

/// Pads, writes the digest and leaves the context unusable until it is initialised again.
void mrdl_sha256_final(mrdl_sha256_context *_Nonnull context, uint8_t digest[_Nonnull 32]);

/// Digests `count` bytes with the portable routine whatever the processor offers.
///
/// The oracle that the accelerated routines are tested against.
void mrdl_sha256_portable(const void *_Nullable bytes, size_t count, uint8_t digest[_Nonnull 32]);

/// The routine in use: "portable", "sha-ni" or "armv8".
const char *_Nonnull mrdl_sha256_implementation(void);

