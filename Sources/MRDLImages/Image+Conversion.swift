public import MRDLCore

extension Image {
  /// The picture in another colour space.
  ///
  /// - Colour becomes grey as the luma of ITU-R BT.601, `0.299 R + 0.587 G + 0.114 B`, rounded.
  /// - Grey becomes colour with three equal channels.
  /// - Opacity that the target lacks is dropped, which leaves the colours of transparent pixels as they are
  ///   stored; `flattened(over:)` mixes them with a background instead.
  /// - Opacity that the source lacks becomes full.
  ///
  /// - Complexity: O(n) in the samples; none where nothing changes.
  public func converted(to target: ColorSpace) -> Image {
    guard target != colorSpace else { return self }
    let shape = Shape([height, width, target.channelCount])
    let converted =
      bitsPerSample == 8
      ? Tensor(convert(UInt8.self, to: target), shape: shape)
      : Tensor(convert(UInt16.self, to: target), shape: shape)
    return Image(samples: converted, colorSpace: target)
  }

  /// The picture with 8 bits a sample: `round(v · 255 / 65535)`.
  public func withEightBitSamples() -> Image {
    guard bitsPerSample == 16 else { return self }
    let source: Span<UInt16> = samples.span()
    var result: [UInt8] = []
    result.reserveCapacity(source.count)
    for index in source.indices {
      result.append(UInt8((UInt32(source[index]) * 255 + 32_895) >> 16))
    }
    return Image(samples: Tensor(result, shape: samples.shape), colorSpace: colorSpace)
  }

  /// The picture in front of a background of one colour, without opacity.
  ///
  /// - Parameter background: red, green and blue from 0 to 1; a grey picture lies over their luma.
  public func flattened(over background: SIMD3<Double>) -> Image {
    guard colorSpace.hasAlpha else { return self }
    let shape = Shape([height, width, channelCount - 1])
    let flattened =
      bitsPerSample == 8
      ? Tensor(flatten(UInt8.self, over: background), shape: shape)
      : Tensor(flatten(UInt16.self, over: background), shape: shape)
    return Image(samples: flattened, colorSpace: colorSpace.withoutAlpha)
  }

  private func convert<Sample: ImageSample>(
    _ type: Sample.Type, to target: ColorSpace
  ) -> [Sample] {
    let source: Span<Sample> = samples.span()
    let sourceIsGrey = colorSpace.withoutAlpha == .grey
    let targetIsGrey = target.withoutAlpha == .grey
    let step = channelCount
    var result: [Sample] = []
    result.reserveCapacity(width * height * target.channelCount)
    for pixel in stride(from: 0, to: source.count, by: step) {
      switch (sourceIsGrey, targetIsGrey) {
      case (true, true): result.append(source[pixel])
      case (true, false):
        for _ in 0..<3 { result.append(source[pixel]) }
      case (false, true):
        result.append(Self.luma(source[pixel], source[pixel + 1], source[pixel + 2]))
      case (false, false):
        for channel in 0..<3 { result.append(source[pixel + channel]) }
      }
      if target.hasAlpha {
        result.append(colorSpace.hasAlpha ? source[pixel + step - 1] : .max)
      }
    }
    return result
  }

  /// BT.601 luma in 16-bit fixed point; the weights sum to 65536, so equal channels stay as they are.
  private static func luma<Sample: ImageSample>(
    _ red: Sample, _ green: Sample, _ blue: Sample
  ) -> Sample {
    let sum = UInt64(red) * 19_595 + UInt64(green) * 38_470 + UInt64(blue) * 7471
    return Sample(truncatingIfNeeded: (sum + 0x8000) >> 16)
  }

  private func flatten<Sample: ImageSample>(
    _ type: Sample.Type, over background: SIMD3<Double>
  ) -> [Sample] {
    let source: Span<Sample> = samples.span()
    let full = UInt64(Sample.max)
    var under = (0..<3).map { channel in
      Sample((min(max(background[channel], 0), 1) * Double(full)).rounded())
    }
    if channelCount == 2 { under = [Self.luma(under[0], under[1], under[2])] }
    var result: [Sample] = []
    result.reserveCapacity(width * height * under.count)
    for pixel in stride(from: 0, to: source.count, by: channelCount) {
      let alpha = UInt64(source[pixel + under.count])
      for channel in under.indices {
        let mixed =
          UInt64(source[pixel + channel]) * alpha + UInt64(under[channel]) * (full - alpha)
        result.append(Sample((mixed + full / 2) / full))
      }
    }
    return result
  }
}

// MARK: Numbers

extension Image {
  /// The samples as f32 from 0 to 255, height × width × channels; 16-bit samples are divided by 257.
  ///
  /// - Parameter reversingChannels: whether the channels come in reverse, as blue, green and red.
  public func floatSamples(reversingChannels: Bool = false) -> Tensor {
    let elements: [Float] =
      bitsPerSample == 8
      ? floats(of: UInt8.self, scale: 1, reversingChannels)
      : floats(of: UInt16.self, scale: 257, reversingChannels)
    return Tensor(elements, shape: samples.shape)
  }

  private func floats<Sample: ImageSample>(
    of type: Sample.Type, scale: Float, _ reversingChannels: Bool
  ) -> [Float] {
    let source: Span<Sample> = samples.span()
    let channelCount = channelCount
    var result: [Float] = []
    result.reserveCapacity(source.count)
    if !reversingChannels {
      for index in source.indices { result.append(Float(source[index]) / scale) }
      return result
    }
    for pixel in stride(from: 0, to: source.count, by: channelCount) {
      for channel in (0..<channelCount).reversed() {
        result.append(Float(source[pixel + channel]) / scale)
      }
    }
    return result
  }
}
