// Sums of four products of u8 and i8 in every lane: by VNNI, by products of 16-bit numbers, which
// cannot overflow, or one after the other.

#if LANES == 1
typedef int8_t right_bytes;
INLINE right_bytes right_of(const int8_t *p) { return *p; }
typedef uint8_t left_bytes;
INLINE left_bytes left_of(const uint8_t *p) { return *p; }
INLINE ivec dot(ivec sum, left_bytes a, right_bytes b) {
  return (ivec)((uint32_t)sum + (uint32_t)(a * b));
}

#elif HAS_VNNI
#if REGISTER_BYTES == 64
typedef __m512i right_bytes;
typedef __m512i left_bytes;
INLINE right_bytes right_of(const int8_t *p) { return _mm512_loadu_si512(p); }
INLINE left_bytes left_of(const uint8_t *p) {
  int32_t a;
  __builtin_memcpy(&a, p, sizeof a);
  return _mm512_set1_epi32(a);
}
INLINE ivec dot(ivec sum, left_bytes a, right_bytes b) {
  return (ivec)_mm512_dpbusd_epi32((__m512i)sum, a, b);
}
#else
typedef __m256i right_bytes;
typedef __m256i left_bytes;
INLINE right_bytes right_of(const int8_t *p) { return _mm256_loadu_si256((const __m256i *)p); }
INLINE left_bytes left_of(const uint8_t *p) {
  int32_t a;
  __builtin_memcpy(&a, p, sizeof a);
  return _mm256_set1_epi32(a);
}
INLINE ivec dot(ivec sum, left_bytes a, right_bytes b) {
  return (ivec)_mm256_dpbusd_epi32((__m256i)sum, a, b);
}
#endif

#elif defined(__aarch64__)
// A product of u8 and i8 fits i16, a sum of two does not.
typedef struct {
  int16x8_t low, high;
} right_bytes;
INLINE right_bytes right_of(const int8_t *p) {
  const int8x16_t v = vld1q_s8(p);
  return (right_bytes){vmovl_s8(vget_low_s8(v)), vmovl_high_s8(v)};
}
typedef int16x8_t left_bytes;
INLINE left_bytes left_of(const uint8_t *p) {
  uint32_t a;
  __builtin_memcpy(&a, p, sizeof a);
  return vreinterpretq_s16_u16(vmovl_u8(vreinterpret_u8_u32(vdup_n_u32(a))));
}
INLINE ivec dot(ivec sum, left_bytes a, right_bytes b) {
  const int32x4_t low = vpaddlq_s16(vmulq_s16(a, b.low));
  const int32x4_t high = vpaddlq_s16(vmulq_s16(a, b.high));
  return sum + (ivec)vpaddq_s32(low, high);
}

#else
#if REGISTER_BYTES == 64
#define WHOLE __m512i
#define EACH_PAIR(name) _mm512_##name
#define AND_OF _mm512_and_si512
#elif REGISTER_BYTES == 32
#define WHOLE __m256i
#define EACH_PAIR(name) _mm256_##name
#define AND_OF _mm256_and_si256
#else
#define WHOLE __m128i
#define EACH_PAIR(name) _mm_##name
#define AND_OF _mm_and_si128
#endif
// Bytes 0 and 2 of each lane as numbers of 16 bits, and bytes 1 and 3.
typedef struct {
  WHOLE even, odd;
} right_bytes;
typedef right_bytes left_bytes;
INLINE right_bytes right_of(const int8_t *p) {
  WHOLE v;
  __builtin_memcpy(&v, p, sizeof v);
  return (right_bytes){EACH_PAIR(srai_epi16)(EACH_PAIR(slli_epi16)(v, 8), 8),
                       EACH_PAIR(srai_epi16)(v, 8)};
}
INLINE left_bytes left_of(const uint8_t *p) {
  int32_t a;
  __builtin_memcpy(&a, p, sizeof a);
  const WHOLE v = EACH_PAIR(set1_epi32)(a);
  return (left_bytes){AND_OF(v, EACH_PAIR(set1_epi16)(255)), EACH_PAIR(srli_epi16)(v, 8)};
}
INLINE ivec dot(ivec sum, left_bytes a, right_bytes b) {
  const WHOLE even = EACH_PAIR(madd_epi16)(a.even, b.even);
  const WHOLE odd = EACH_PAIR(madd_epi16)(a.odd, b.odd);
  return (ivec)EACH_PAIR(add_epi32)(EACH_PAIR(add_epi32)((WHOLE)sum, even), odd);
}
#endif
