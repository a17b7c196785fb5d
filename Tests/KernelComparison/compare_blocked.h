// Kernels of channel-blocked tensors against plain loops in double precision.
#pragma once

static float *blocks_of(const mrdl_blocked_kernels *k, size_t channels, size_t pixels,
                        const float *planes) {
  const size_t blocks = (channels + k->lanes - 1) / k->lanes;
  float *result = take(blocks * pixels * k->lanes, sizeof(float));
  for (size_t b = 0; b < blocks; b++) {
    const size_t left = channels - b * k->lanes;
    k->to_block(left < k->lanes ? left : k->lanes, pixels, planes + b * k->lanes * pixels, pixels,
                result + b * pixels * k->lanes);
  }
  return result;
}

/// Element (channel, pixel) of a blocked tensor.
static double blocked_at(const mrdl_blocked_kernels *k, const float *blocks, size_t pixels,
                         size_t channel, size_t pixel) {
  return blocks[(channel / k->lanes * pixels + pixel) * k->lanes + channel % k->lanes];
}

static double sum_at(const mrdl_window *w, size_t channels, const float *x, const float *weights,
                     size_t output, size_t o) {
  const size_t in = w->input.height * w->input.width, taps = w->kernel.height * w->kernel.width;
  double sum = 0;
  for (size_t c = 0; c < channels; c++) {
    for (size_t t = 0; t < taps; t++) {
      const ptrdiff_t at = seen_at(w, o, t);
      if (at >= 0) sum += (double)weights[(output * channels + c) * taps + t] * x[c * in + (size_t)at];
    }
  }
  return sum;
}

/// Pointwise products, from blocks and from planes.
static void compare_pointwise(const mrdl_blocked_kernels *k, int has_planes) {
  const size_t channels = next_size(1, 40), outputs = next_size(1, 70), pixels = next_size(1, 60);
  const size_t output_blocks = (outputs + k->lanes - 1) / k->lanes, zero = 0;
  float *x = f32_numbers(channels * pixels), *weights = f32_numbers(outputs * channels);
  float *bias = f32_numbers(output_blocks * k->lanes);
  float *blocks = blocks_of(k, channels, pixels, x);
  // What stands in lanes without a channel must not matter.
  for (size_t c = channels; c % k->lanes != 0; c++) {
    float *lane = blocks + channels / k->lanes * pixels * k->lanes + c % k->lanes;
    for (size_t p = 0; p < pixels; p++) lane[p * k->lanes] = NAN;
  }
  float *packed = take(output_blocks * k->lanes * channels, sizeof(float));
  float *y = take(output_blocks * k->lanes * pixels, sizeof(float));
  k->pack_weights(outputs, channels, 1, has_planes, weights, packed);
  const mrdl_blocked_product product = {
      .rows = 1, .columns = pixels, .input = has_planes ? x : blocks,
      .input_block_stride = has_planes ? pixels : pixels * k->lanes, .channels = channels,
      .has_planes = has_planes, .taps = 1, .tap_offsets = &zero, .weights = packed,
      .outputs = outputs, .last_block = output_blocks, .output = y,
      .output_block_stride = pixels * k->lanes, .bias = bias, .clamp = 1, .low = -2, .high = 2};
  k->convolve(&product);
  for (size_t o = 0; o < outputs; o++) {
    for (size_t p = 0; p < pixels; p++) {
      double sum = bias[o];
      for (size_t c = 0; c < channels; c++) {
        sum += (double)weights[o * channels + c] * x[c * pixels + p];
      }
      compare("convolve", blocked_at(k, y, pixels, o, p), fmin(fmax(sum, -2), 2), (double)channels,
              1e-6);
    }
  }
  // And back to planes.
  float *planes = take(channels * pixels, sizeof(float));
  for (size_t c = 0; c < channels; c += k->lanes) {
    const size_t left = channels - c;
    k->from_block(left < k->lanes ? left : k->lanes, pixels, blocks + c * pixels, planes + c * pixels,
                  pixels);
  }
  for (size_t i = 0; i < channels * pixels; i++) compare("from_block", planes[i], x[i], 0, 0);
  free(x), free(weights), free(bias), free(blocks), free(packed), free(y), free(planes);
}

/// Depthwise convolution and pooling of one block.
static void compare_windows(const mrdl_blocked_kernels *k) {
  const mrdl_window w = random_window(0);
  const size_t in = w.input.height * w.input.width, out = w.output.height * w.output.width;
  const size_t taps = w.kernel.height * w.kernel.width, lanes = k->lanes;
  float *x = f32_numbers(lanes * in), *weights = f32_numbers(taps * lanes);
  float *bias = f32_numbers(lanes), *blocks = blocks_of(k, lanes, in, x);
  float *y = take(lanes * out, sizeof(float)), *most = take(lanes * out, sizeof(float));
  float *mean = take(lanes * out, sizeof(float)), *whole = take(lanes, sizeof(float));
  k->depthwise(&w, 0, w.output.height, blocks, weights, bias, 0, 0, 0, 0, y);
  k->max_pool(&w, 0, w.output.height, blocks, most);
  k->average_pool(&w, 0, w.output.height, blocks, mean, 0);
  k->mean(in, blocks, whole);
  for (size_t c = 0; c < lanes; c++) {
    double all = 0;
    for (size_t i = 0; i < in; i++) all += x[c * in + i];
    compare("mean of blocks", whole[c], all / (double)in, 1, 1e-6);
    for (size_t o = 0; o < out; o++) {
      double sum = bias[c], largest = -INFINITY, total = 0;
      size_t seen = 0;
      for (size_t t = 0; t < taps; t++) {
        const ptrdiff_t at = seen_at(&w, o, t);
        if (at < 0) continue;
        const double v = x[c * in + (size_t)at];
        sum += v * weights[t * lanes + c], largest = fmax(largest, v), total += v, seen++;
      }
      compare("depthwise of blocks", blocked_at(k, y, out, c, o), sum, (double)taps, 1e-6);
      compare("max_pool of blocks", blocked_at(k, most, out, c, o), largest, 0, 0);
      compare("average_pool of blocks", blocked_at(k, mean, out, c, o),
              seen ? total / (double)seen : 0, 1, 1e-6);
    }
  }
  free(x), free(weights), free(bias), free(blocks), free(y), free(most), free(mean), free(whole);
}

/// Winograd's filtering from the weights to the finished result.
static void compare_winograd(const mrdl_blocked_kernels *k, size_t tile) {
  const mrdl_window w = random_window(1);
  const size_t channels = next_size(1, 40), outputs = next_size(1, 40), lanes = k->lanes;
  const size_t in = w.input.height * w.input.width, out = w.output.height * w.output.width;
  const size_t input_blocks = (channels + lanes - 1) / lanes;
  const size_t output_blocks = (outputs + lanes - 1) / lanes, zero = 0;
  const size_t wide = (w.output.width + tile - 1) / tile;
  const size_t tiles = wide * ((w.output.height + tile - 1) / tile);
  const size_t places = (tile + 2) * (tile + 2);
  const mrdl_winograd g = {.tile = tile, .input_height = w.input.height, .input_width = w.input.width,
                           .output_height = w.output.height, .output_width = w.output.width,
                           .begin_height = w.begin.height, .begin_width = w.begin.width,
                           .tiles_wide = wide};
  float *x = f32_numbers(channels * in), *weights = f32_numbers(outputs * channels * 9);
  float *blocks = blocks_of(k, channels, in, x), *bias = f32_numbers(output_blocks * lanes);
  const size_t matrix = output_blocks * lanes * channels, step = tiles * lanes;
  float *packed = take(places * matrix, sizeof(float));
  float *seen = take(places * input_blocks * step, sizeof(float));
  float *products = take(places * output_blocks * step, sizeof(float));
  float *y = take(output_blocks * out * lanes, sizeof(float));
  const size_t panels = (output_blocks + k->panel_blocks - 1) / k->panel_blocks;
  k->winograd_weights(tile, outputs, channels, 0, panels, weights, packed);
  for (size_t b = 0; b < input_blocks; b++) {
    k->winograd_input(&g, 0, tiles, blocks + b * in * lanes, input_blocks * step, seen + b * step);
  }
  for (size_t place = 0; place < places; place++) {
    const mrdl_blocked_product product = {
        .rows = 1, .columns = tiles, .input = seen + place * input_blocks * step,
        .input_block_stride = step, .channels = channels, .taps = 1, .tap_offsets = &zero,
        .weights = packed + place * matrix, .last_block = output_blocks,
        .output = products + place * output_blocks * step, .output_block_stride = step};
    k->convolve(&product);
  }
  for (size_t b = 0; b < output_blocks; b++) {
    k->winograd_output(&g, 0, tiles, products + b * step, output_blocks * step, bias + b * lanes, 0, 0,
                       0, 0, y + b * out * lanes);
  }
  for (size_t o = 0; o < outputs; o++) {
    for (size_t p = 0; p < out; p++) {
      compare("winograd", blocked_at(k, y, out, o, p),
              bias[o] + sum_at(&w, channels, x, weights, o, p), (double)channels * 9, 1e-5);
    }
  }
  free(x), free(weights), free(blocks), free(bias), free(packed), free(seen), free(products), free(y);
}

static void compare_blocked(const mrdl_blocked_kernels *k) {
  for (int round = 0; round < 40; round++) {
    compare_pointwise(k, round % 2);
    compare_windows(k);
    compare_winograd(k, round % 2 ? 2 : 4);
  }
}
