// Dropping elements by counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror and Shaw,
// 2011), sixteen blocks at a time.

#define BLOCKS 16

typedef struct {
  uint32_t word[4][BLOCKS];
} random_words;

INLINE void philox(uint64_t seed, uint64_t stream, uint64_t block, random_words *out) {
  uint32_t x[BLOCKS], y[BLOCKS], z[BLOCKS], w[BLOCKS];
  for (int j = 0; j < BLOCKS; j++) {
    x[j] = (uint32_t)(block + (uint64_t)j);
    y[j] = (uint32_t)((block + (uint64_t)j) >> 32);
    z[j] = (uint32_t)stream;
    w[j] = (uint32_t)(stream >> 32);
  }
  uint32_t low = (uint32_t)seed, high = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    for (int j = 0; j < BLOCKS; j++) {
      const uint64_t first = (uint64_t)x[j] * 0xD2511F53u, second = (uint64_t)z[j] * 0xCD9E8D57u;
      x[j] = (uint32_t)(second >> 32) ^ y[j] ^ low;
      y[j] = (uint32_t)second;
      z[j] = (uint32_t)(first >> 32) ^ w[j] ^ high;
      w[j] = (uint32_t)first;
    }
    low += 0x9E3779B9u;
    high += 0xBB67AE85u;
  }
  for (int j = 0; j < BLOCKS; j++) {
    out->word[0][j] = x[j];
    out->word[1][j] = y[j];
    out->word[2][j] = z[j];
    out->word[3][j] = w[j];
  }
}

void KERNEL(dropout)(size_t count, uint64_t seed, uint64_t stream, uint64_t first,
                     uint32_t threshold, real scale, const real *x, real *y) {
  random_words words;
  uint64_t block = first / 4;
  for (size_t i = 0; i < count; block += BLOCKS) {
    philox(seed, stream, block, &words);
    for (int j = 0; j < BLOCKS && i < count; j++) {
      for (int k = 0; k < 4 && i < count; k++, i++) {
        y[i] = words.word[k][j] >= threshold ? x[i] * scale : 0;
      }
    }
  }
}
