// z = f(x, y) for two arrays, and for an array and one value.

#include "extremes.h"

#define ARRAYS(name, expression)                                                        \
  void KERNEL(name)(size_t count, const real *x, const real *y, real *z) {              \
    size_t i = 0;                                                                       \
    for (; i + LANES <= count; i += LANES) {                                            \
      const vec a = load(x + i), b = load(y + i);                                       \
      store(z + i, expression);                                                         \
    }                                                                                   \
    if (i < count) {                                                                    \
      const vec a = load_part(x + i, count - i), b = load_part(y + i, count - i);       \
      store_part(z + i, expression, count - i);                                         \
    }                                                                                   \
  }

#define ARRAY_AND_VALUE(name, expression)                                 \
  void KERNEL(name)(size_t count, const real *x, real y, real *z) {       \
    const vec b = (vec)y;                                                 \
    size_t i = 0;                                                         \
    for (; i + LANES <= count; i += LANES) {                              \
      const vec a = load(x + i);                                          \
      store(z + i, expression);                                           \
    }                                                                     \
    if (i < count) {                                                      \
      const vec a = load_part(x + i, count - i);                          \
      store_part(z + i, expression, count - i);                           \
    }                                                                     \
  }

ARRAYS(add, a + b)
ARRAYS(subtract, a - b)
ARRAYS(multiply, a *b)
ARRAYS(divide, a / b)
ARRAYS(maximum, larger(a, b))
ARRAYS(minimum, smaller(a, b))
ARRAY_AND_VALUE(add_scalar, a + b)
ARRAY_AND_VALUE(subtract_scalar, a - b)
ARRAY_AND_VALUE(subtract_from_scalar, b - a)
ARRAY_AND_VALUE(multiply_scalar, a *b)
ARRAY_AND_VALUE(divide_scalar, a / b)
ARRAY_AND_VALUE(divide_into_scalar, b / a)
ARRAY_AND_VALUE(maximum_scalar, larger(a, b))
ARRAY_AND_VALUE(minimum_scalar, smaller(a, b))
