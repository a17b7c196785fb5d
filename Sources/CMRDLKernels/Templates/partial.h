// Loads and stores of fewer elements than a register has, for instruction sets without masks.

/// The first `count` elements at `p`, zeros after them; reads nothing else.
INLINE vec load_part(const real *p, size_t count) {
  real t[LANES] = {0};
  for (size_t i = 0; i < count; i++) t[i] = p[i];
  return load(t);
}

INLINE void store_part(real *p, vec v, size_t count) {
  real t[LANES];
  store(t, v);
  for (size_t i = 0; i < count; i++) p[i] = t[i];
}
