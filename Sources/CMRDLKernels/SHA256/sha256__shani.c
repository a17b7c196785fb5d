#include "sha256_blocks.h"

#if defined(__x86_64__)

#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("sha,sse4.1,ssse3"))), apply_to = function)

// SHA256RNDS2 keeps the state as two registers, (a b e f) and (c d g h) from the top lane down, and
// does two rounds; `k` holds the constants and message words of four rounds.
#define FOUR_ROUNDS(k)                                        \
  do {                                                        \
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);              \
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_srli_si128(k, 8)); \
  } while (0)

void mrdl_sha256_compress__shani(uint32_t state[8], const uint8_t *blocks, size_t count) {
  const __m128i bytes_to_words = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  const __m128i *constants = (const __m128i *)mrdl_sha256_constants;

  __m128i dcba = _mm_loadu_si128((const __m128i *)state);
  __m128i hgfe = _mm_loadu_si128((const __m128i *)(state + 4));
  __m128i cdab = _mm_shuffle_epi32(dcba, 0xb1);
  __m128i efgh = _mm_shuffle_epi32(hgfe, 0x1b);
  __m128i abef = _mm_alignr_epi8(cdab, efgh, 8);
  __m128i cdgh = _mm_blend_epi16(efgh, cdab, 0xf0);

  for (; count > 0; count--, blocks += 64) {
    const __m128i abef_before = abef, cdgh_before = cdgh;
    // The last sixteen words of the message schedule, four a register, used in rotation.
    __m128i w[4];
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) {
      w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)blocks + i), bytes_to_words);
      FOUR_ROUNDS(_mm_add_epi32(w[i], _mm_loadu_si128(constants + i)));
    }
#pragma clang loop unroll(full)
    for (int i = 4; i < 16; i++) {
      __m128i next = _mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]);
      next = _mm_add_epi32(next, _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4));
      w[i % 4] = _mm_sha256msg2_epu32(next, w[(i + 3) % 4]);
      FOUR_ROUNDS(_mm_add_epi32(w[i % 4], _mm_loadu_si128(constants + i)));
    }
    abef = _mm_add_epi32(abef, abef_before);
    cdgh = _mm_add_epi32(cdgh, cdgh_before);
  }

  __m128i feba = _mm_shuffle_epi32(abef, 0x1b);
  __m128i dchg = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128((__m128i *)state, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128((__m128i *)(state + 4), _mm_alignr_epi8(dchg, feba, 8));
}

#pragma clang attribute pop

#endif
