package import MRDLCore
package import MRDLDatasets
internal import MRDLTraining

/// Labelled pictures as samples of a trainer: each pixel times 1/255, channels first.
package struct PictureSamples: TrainingData {
  package let images: LabelledImages
  /// What a pixel is multiplied by, in the arithmetic of the preprocessing of a stored model.
  package static let scale = 1.0 / 255

  /// What each of the 256 values of a pixel becomes.
  private let values: [Float]
  private let augmentation: AugmentationRecipe?
  private let seed: UInt64

  /// - Parameter augmentation: how pictures are varied while a model learns; never where it is measured.
  package init(
    _ images: LabelledImages, augmentation: AugmentationRecipe? = nil, seed: UInt64 = 0
  ) {
    self.images = images
    self.augmentation = augmentation
    self.seed = seed
    values = (0...255).map { Float($0) * Float(Self.scale) }
  }

  package var sampleCount: Int { images.count }
  package var inputShape: Shape { Shape([images.channelCount, images.height, images.width]) }
  package var targetShape: Shape? { nil }
  package var classCount: Int { images.classNames.count }

  package func label(ofSample index: Int) -> Int { images.labels[index] }

  package func copyInput(
    ofSample index: Int, epoch: Int, into target: inout MutableSpan<Float>
  ) {
    let pixels = images.pixels.span(of: UInt8.self)
    let start = index * target.count
    if epoch > 0, let augmentation {
      let (height, width) = (images.height, images.width)
      augmentation.write(
        seed: seed, epoch: epoch, sample: index, channels: images.channelCount, height: height,
        width: width, into: &target
      ) { channel, row, column in
        values[Int(pixels[start + (channel * height + row) * width + column])]
      }
      return
    }
    for offset in 0..<target.count { target[offset] = values[Int(pixels[start + offset])] }
  }
}
