// Loads and stores where an array may end within the register.

INLINE vec take(const real *p, size_t left) { return left >= LANES ? load(p) : load_part(p, left); }

INLINE void put(real *p, vec v, size_t left) {
  if (left >= LANES) {
    store(p, v);
  } else {
    store_part(p, v, left);
  }
}
