// One step of an optimizer over an array of weights.

void KERNEL(momentum_step)(size_t count, real rate, real momentum, real decay, int32_t nesterov,
                           const real *g, real *v, real *w) {
  const vec mu = (vec)momentum, lambda = (vec)decay, alpha = (vec)-rate;
  for (size_t i = 0; i < count; i += LANES) {
    const size_t left = count - i;
    const int whole = left >= LANES;
    const vec weight = whole ? load(w + i) : load_part(w + i, left);
    const vec slope = mul_add(lambda, weight, whole ? load(g + i) : load_part(g + i, left));
    const vec velocity = mul_add(mu, whole ? load(v + i) : load_part(v + i, left), alpha * slope);
    const vec step = nesterov ? mul_add(mu, velocity, alpha * slope) : velocity;
    if (whole) {
      store(v + i, velocity);
      store(w + i, weight + step);
    } else {
      store_part(v + i, velocity, left);
      store_part(w + i, weight + step, left);
    }
  }
}

void KERNEL(adam_step)(size_t count, real rate, real beta1, real beta2, real epsilon, real decay,
                       real correction1, real correction2, const real *g, real *m, real *s,
                       real *w) {
  const vec b1 = (vec)beta1, b2 = (vec)beta2, rest1 = (vec)(1 - beta1), rest2 = (vec)(1 - beta2);
  for (size_t i = 0; i < count; i += LANES) {
    const size_t left = count - i;
    const int whole = left >= LANES;
    const vec weight = whole ? load(w + i) : load_part(w + i, left);
    const vec slope = whole ? load(g + i) : load_part(g + i, left);
    const vec mean = mul_add(b1, whole ? load(m + i) : load_part(m + i, left), rest1 * slope);
    const vec square =
        mul_add(b2, whole ? load(s + i) : load_part(s + i, left), rest2 * slope * slope);
    const vec scale = root(square / (vec)correction2) + (vec)epsilon;
    const vec step = mul_add((vec)decay, weight, mean / (vec)correction1 / scale);
    const vec next = mul_add((vec)-rate, step, weight);
    if (whole) {
      store(m + i, mean);
      store(s + i, square);
      store(w + i, next);
    } else {
      store_part(m + i, mean, left);
      store_part(s + i, square, left);
      store_part(w + i, next, left);
    }
  }
}
