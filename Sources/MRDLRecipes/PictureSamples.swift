package import MRDLCore
package import MRDLDatasets
package import MRDLImages
package import MRDLModel
internal import MRDLTraining

/// Labelled pictures as samples of a trainer, made inputs of as the header of a model says.
package struct PictureSamples: TrainingData {
  package let images: LabelledImages
  /// Which of the pictures are samples, in their order.
  private let indices: [Int]
  /// What a pixel is multiplied by, in the arithmetic of the preprocessing of a stored model.
  package static let scale = 1.0 / 255

  private let preprocessing: ImagePreprocessing
  /// What each of the 256 values of a pixel becomes, channel by channel of the input.
  private let values: [Float]
  private let augmentation: AugmentationRecipe?
  private let seed: UInt64

  /// - Parameters:
  ///   - indices: which of the pictures are samples.
  ///   - augmentation: how pictures are varied while a model learns; never where it is measured.
  package init(
    _ images: LabelledImages, _ indices: [Int], _ preprocessing: ImagePreprocessing,
    augmentation: AugmentationRecipe? = nil, seed: UInt64 = 0
  ) {
    self.images = images
    self.indices = indices
    self.preprocessing = preprocessing
    self.augmentation = augmentation
    self.seed = seed
    values = (0..<preprocessing.colorSpace.channelCount).flatMap { channel in
      // One number stands for all channels.
      let mean = preprocessing.mean[min(channel, preprocessing.mean.count - 1)]
      let deviation = preprocessing.standardDeviation[
        min(channel, preprocessing.standardDeviation.count - 1)]
      return (0...255).map {
        (Float($0) * Float(preprocessing.scale) - Float(mean)) / Float(deviation)
      }
    }
  }

  private var channelCount: Int { preprocessing.colorSpace.channelCount }
  private var isChannelsLast: Bool { preprocessing.layout == .nhwc }

  /// Which channel of the data a channel of the input is: a grey picture is all of them, and blue may come first.
  private func source(ofChannel channel: Int) -> Int {
    if images.channelCount == 1 { return 0 }
    return preprocessing.colorSpace == .bgr ? channelCount - 1 - channel : channel
  }

  package var sampleCount: Int { indices.count }
  package var inputShape: Shape {
    Shape(
      isChannelsLast
        ? [images.height, images.width, channelCount]
        : [channelCount, images.height, images.width])
  }
  package var targetShape: Shape? { nil }
  package var classCount: Int { images.classNames.count }

  package func label(ofSample index: Int) -> Int { images.labels[indices[index]] }

  /// A picture as it is in the data, for people to see.
  package func image(ofSample index: Int) -> Image {
    let pixels = images.pixels.span(of: UInt8.self)
    let area = images.height * images.width
    let start = indices[index] * images.channelCount * area
    // Other numbers of channels than those of grey and of colour are shown by the first.
    let channels = images.channelCount == 3 ? 3 : 1
    var samples: [UInt8] = []
    samples.reserveCapacity(area * channels)
    for place in 0..<area {
      for channel in 0..<channels { samples.append(pixels[start + channel * area + place]) }
    }
    return Image(
      samples: Tensor(samples, shape: Shape([images.height, images.width, channels])),
      colorSpace: channels == 3 ? .rgb : .grey)
  }

  package func copyInput(
    ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>
  ) {
    let pixels = images.pixels.span(of: UInt8.self)
    let area = images.height * images.width
    let start = indices[index] * images.channelCount * area
    if epoch > 0, let augmentation {
      let width = images.width
      augmentation.write(
        seed: seed, epoch: epoch, sample: index, channels: channelCount, height: images.height,
        width: width, channelsLast: isChannelsLast, into: &target
      ) { channel, row, column in
        let pixel = pixels[start + source(ofChannel: channel) * area + row * width + column]
        return values[channel << 8 | Int(pixel)]
      }
      return
    }
    for channel in 0..<channelCount {
      let plane = start + source(ofChannel: channel) * area
      let step = isChannelsLast ? channelCount : 1
      let first = isChannelsLast ? channel : channel * area
      for place in 0..<area {
        target[first + place * step] = values[channel << 8 | Int(pixels[plane + place])]
      }
    }
  }
}
