// One step of an optimizer over an array of weights.

#include "ends.h"

/// The parts of `gradient_terms` in all lanes.
typedef struct {
  vec scale, bound, l1, l2, kept;
} terms_in_lanes;

INLINE terms_in_lanes spread(const gradient_terms *terms) {
  return (terms_in_lanes){(vec)terms->scale, (vec)terms->bound, (vec)terms->l1, (vec)terms->l2,
                          (vec)(1 - terms->shrinkage)};
}

INLINE vec slope_of(const terms_in_lanes *terms, vec gradient, vec weight) {
  vec slope = gradient * terms->scale;
  slope = slope > terms->bound ? terms->bound : slope;
  slope = slope < -terms->bound ? -terms->bound : slope;
  const vec sign = (weight > (vec)0 ? (vec)1 : (vec)0) - (weight < (vec)0 ? (vec)1 : (vec)0);
  return mul_add(terms->l2, weight, mul_add(terms->l1, sign, slope));
}

// Goes through the weights: `weight` is the old one, `slope` the slope there, `left` how many are left.
#define EACH(...)                                                     \
  do {                                                                \
    const terms_in_lanes lanes = spread(terms);                       \
    for (size_t i = 0; i < count; i += LANES) {                       \
      const size_t left = count - i;                                  \
      const vec weight = take(w + i, left);                           \
      const vec slope = slope_of(&lanes, take(g + i, left), weight);  \
      __VA_ARGS__                                                     \
    }                                                                 \
  } while (0)

void KERNEL(descent_step)(size_t count, const gradient_terms *terms, real rate, const real *g,
                          real *w) {
  const vec alpha = (vec)-rate;
  EACH({ put(w + i, mul_add(alpha, slope, weight * lanes.kept), left); });
}

void KERNEL(momentum_step)(size_t count, const gradient_terms *terms, real rate, real momentum,
                           int32_t nesterov, const real *g, real *v, real *w) {
  const vec mu = (vec)momentum, alpha = (vec)-rate;
  EACH({
    const vec velocity = mul_add(mu, take(v + i, left), alpha * slope);
    const vec step = nesterov ? mul_add(mu, velocity, alpha * slope) : velocity;
    put(v + i, velocity, left);
    put(w + i, mul_add(weight, lanes.kept, step), left);
  });
}

void KERNEL(ada_grad_step)(size_t count, const gradient_terms *terms, real rate, real epsilon,
                           const real *g, real *n, real *w) {
  const vec alpha = (vec)-rate;
  EACH({
    const vec squares = mul_add(slope, slope, take(n + i, left));
    put(n + i, squares, left);
    const vec step = slope / (root(squares) + (vec)epsilon);
    put(w + i, mul_add(alpha, step, weight * lanes.kept), left);
  });
}

void KERNEL(rms_prop_step)(size_t count, const gradient_terms *terms, real rate, real rho,
                           real epsilon, real momentum, const real *g, real *n, real *v, real *w) {
  const vec alpha = (vec)rate, old = (vec)rho, new = (vec)(1 - rho);
  EACH({
    const vec squares = mul_add(old, take(n + i, left), new * slope * slope);
    put(n + i, squares, left);
    vec step = alpha * (slope / (root(squares) + (vec)epsilon));
    if (v) {
      step = mul_add((vec)momentum, take(v + i, left), step);
      put(v + i, step, left);
    }
    put(w + i, mul_add(weight, lanes.kept, -step), left);
  });
}

void KERNEL(adam_step)(size_t count, const gradient_terms *terms, real rate, real beta1, real beta2,
                       real epsilon, real correction1, real correction2, const real *g, real *m,
                       real *n, real *w) {
  const vec b1 = (vec)beta1, b2 = (vec)beta2, rest1 = (vec)(1 - beta1), rest2 = (vec)(1 - beta2);
  const vec alpha = (vec)(-rate / correction1), unbiased = (vec)(1 / correction2);
  EACH({
    const vec mean = mul_add(b1, take(m + i, left), rest1 * slope);
    const vec squares = mul_add(b2, take(n + i, left), rest2 * slope * slope);
    put(m + i, mean, left);
    put(n + i, squares, left);
    const vec step = mean / (root(squares * unbiased) + (vec)epsilon);
    put(w + i, mul_add(alpha, step, weight * lanes.kept), left);
  });
}
