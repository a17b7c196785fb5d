import MRDLCore
import MRDLModel

/// What turns a picture into numbers where the model does not say, or other than it says:
/// (pixel · scale − mean) / std, with pixels from 0 to 255.
struct PreprocessingOptions {
  var scale: Double?
  /// One number, or one a channel.
  var mean: [Double]?
  /// One number, or one a channel; none is 0.
  var std: [Double]?

  /// The preprocessing of an input, or nil where the model's own holds.
  func override(for input: ValueInfo, stated: Preprocessing?) throws(MRDLError)
    -> ImagePreprocessing?
  {
    guard scale != nil || mean != nil || std != nil else { return nil }
    var result: ImagePreprocessing
    if case .image(let image)? = stated {
      result = image
    } else {
      guard let shape = input.shape, shape.rank == 4 else { return nil }
      let isChannelsFirst = [1, 3].contains(shape[1].value ?? 0)
      guard let channels = (isChannelsFirst ? shape[1] : shape[3]).value, [1, 3].contains(channels)
      else { return nil }
      result = ImagePreprocessing(
        colorSpace: channels == 1 ? .grey : .rgb, layout: isChannelsFirst ? .nchw : .nhwc)
    }
    result.scale = scale ?? result.scale
    result.mean = mean ?? result.mean
    result.standardDeviation = std ?? result.standardDeviation
    for (name, count) in [
      ("--mean", result.mean.count), ("--std", result.standardDeviation.count),
    ] where count != 1 && count != result.colorSpace.channelCount {
      throw MRDLError(
        .badUsage, "\(name) needs one number, or one for each channel", found: "\(count)",
        expected: "\(result.colorSpace.channelCount)")
    }
    return result
  }
}
