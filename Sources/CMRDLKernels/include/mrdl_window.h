#pragma once

#include <stddef.h>

/// Three lengths, outermost first. One- and two-dimensional cases set the outer ones to 1 (0 for
/// padding).
typedef struct {
  size_t depth, height, width;
} mrdl_extent;

/// How a window moves over a plane of an NCDHW tensor, in convolution and pooling.
///
/// Output position o of an axis sees the input positions o · stride − begin + t · dilation for
/// 0 ≤ t < kernel. Positions outside the input are padding.
typedef struct {
  mrdl_extent input, output, kernel, stride, dilation;
  /// Padding before the first and after the last element.
  mrdl_extent begin, end;
} mrdl_window;
