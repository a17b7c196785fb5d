#include "../include/mrdl_sha256.h"

#include <string.h>

#include "../Probe/processor.h"
#include "sha256_blocks.h"

static mrdl_sha256_compressor compressor(void) {
#if defined(__x86_64__)
  if (mrdl_processor_features() & MRDL_FEATURE_SHA) return mrdl_sha256_compress__shani;
#elif defined(__aarch64__)
  if (mrdl_processor_features() & MRDL_FEATURE_SHA) return mrdl_sha256_compress__armv8;
#endif
  return mrdl_sha256_compress__scalar;
}

const char *mrdl_sha256_implementation(void) {
  if (compressor() == mrdl_sha256_compress__scalar) return "portable";
#if defined(__x86_64__)
  return "sha-ni";
#else
  return "armv8";
#endif
}

void mrdl_sha256_init(mrdl_sha256_context *context) {
  // FIPS 180-4, section 5.3.3.
  static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(context->state, initial, sizeof initial);
  context->length = 0;
}

static void update(mrdl_sha256_context *context, const uint8_t *bytes, size_t count,
                   mrdl_sha256_compressor compress) {
  const size_t held = context->length % 64;
  context->length += count;
  if (held > 0) {
    const size_t missing = 64 - held;
    if (count < missing) {
      if (count > 0) memcpy(context->block + held, bytes, count);
      return;
    }
    memcpy(context->block + held, bytes, missing);
    compress(context->state, context->block, 1);
    bytes += missing;
    count -= missing;
  }
  if (count >= 64) {
    compress(context->state, bytes, count / 64);
    bytes += count / 64 * 64;
  }
  if (count % 64 > 0) memcpy(context->block, bytes, count % 64);
}

static void finish(mrdl_sha256_context *context, uint8_t digest[32],
                   mrdl_sha256_compressor compress) {
  const uint64_t bits = context->length * 8;
  const size_t held = context->length % 64;
  // One bit, then zeros so that eight bytes of length end a block: section 5.1.1.
  uint8_t padding[72] = {0x80};
  const size_t zeros_end = (held < 56 ? 56 : 120) - held;
  for (size_t i = 0; i < 8; i++) padding[zeros_end + i] = (uint8_t)(bits >> (56 - 8 * i));
  update(context, padding, zeros_end + 8, compress);
  for (size_t i = 0; i < 8; i++) {
    for (size_t j = 0; j < 4; j++) digest[4 * i + j] = (uint8_t)(context->state[i] >> (24 - 8 * j));
  }
}

void mrdl_sha256_update(mrdl_sha256_context *context, const void *bytes, size_t count) {
  update(context, bytes, count, compressor());
}

void mrdl_sha256_final(mrdl_sha256_context *context, uint8_t digest[32]) {
  finish(context, digest, compressor());
}

void mrdl_sha256_portable(const void *bytes, size_t count, uint8_t digest[32]) {
  mrdl_sha256_context context;
  mrdl_sha256_init(&context);
  update(&context, bytes, count, mrdl_sha256_compress__scalar);
  finish(&context, digest, mrdl_sha256_compress__scalar);
}
