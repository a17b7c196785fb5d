// Which places of a window lie where, along one axis.
#pragma once

typedef struct {
  size_t first, last;
} span;

/// The least count of steps of `dilation` that cover a distance. Most windows are dense, and a division
/// for each row of outputs would show.
INLINE ptrdiff_t steps_over(ptrdiff_t distance, ptrdiff_t dilation) {
  return dilation == 1 ? distance : (distance + dilation - 1) / dilation;
}

/// The taps t with 0 ≤ start + t · dilation < length.
INLINE span taps_inside(ptrdiff_t start, size_t kernel, size_t dilation, ptrdiff_t length) {
  const ptrdiff_t d = (ptrdiff_t)dilation;
  ptrdiff_t first = start < 0 ? steps_over(-start, d) : 0;
  ptrdiff_t last = start < length ? steps_over(length - start, d) : 0;
  if (last > (ptrdiff_t)kernel) last = (ptrdiff_t)kernel;
  if (first > last) first = last;
  return (span){(size_t)first, (size_t)last};
}

/// The taps of an axis that count in a mean, given those inside the input.
INLINE size_t counted(ptrdiff_t start, size_t kernel, size_t dilation, size_t length, size_t end,
                      span inside, int count_padding) {
  if (!count_padding) return inside.last - inside.first;
  // No output position starts before the padding.
  const ptrdiff_t reach = (ptrdiff_t)(length + end) - start;
  const ptrdiff_t taps = reach > 0 ? steps_over(reach, (ptrdiff_t)dilation) : 0;
  return taps < (ptrdiff_t)kernel ? (size_t)taps : kernel;
}

/// Which of the columns phase + i · stride of a padded row lie inside the input.
INLINE span columns_inside(size_t phase, size_t stride, size_t begin, size_t width, size_t columns) {
  size_t first = begin > phase ? (begin - phase + stride - 1) / stride : 0;
  size_t last = begin + width > phase ? (begin + width - phase + stride - 1) / stride : 0;
  if (first > columns) first = columns;
  if (last > columns) last = columns;
  if (last < first) last = first;
  return (span){first, last};
}
