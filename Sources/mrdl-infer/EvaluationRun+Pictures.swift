import MRDLCore
import MRDLDatasets
import MRDLMetrics
import MRDLModel

extension EvaluationRun {
  /// Whether a directory may have a folder for each class.
  func hasFolders(_ path: String) throws(MRDLError) -> Bool {
    try FileSystem.names(inDirectory: path).contains {
      FileSystem.kind(of: FileSystem.join(path, $0)) == .directory
    }
  }

  /// Runs the model on the pictures of a folder for each class.
  mutating func evaluateFolders(_ path: String) throws(MRDLError) {
    // Pictures of the same size run together.
    var waiting: [LabelledSample] = []
    for name in try FileSystem.names(inDirectory: path).sorted() {
      let folder = FileSystem.join(path, name)
      guard FileSystem.kind(of: folder) == .directory else { continue }
      let label = try label(name, [], "folder")
      for picture in try ImageFolder.paths(in: folder) {
        let sample = try runner.load(picture)
        if waiting.count == runSize(batch) || waiting.first?.sample.fits(sample) == false {
          try add(waiting)
          waiting = []
        }
        waiting.append(LabelledSample(sample: sample, label: label))
      }
    }
    try add(waiting)
    guard evaluation.sampleCount > 0 else {
      throw MRDLError(.badDataset, "the folders hold no pictures", at: Place(file: path))
    }
  }

  private struct LabelledSample {
    let sample: Runner.Sample
    let label: Int
  }

  /// Runs the model on samples that fit each other, and counts its answers.
  private mutating func add(_ samples: [LabelledSample]) throws(MRDLError) {
    guard !samples.isEmpty else { return }
    let answers = try scores(samples.map(\.sample))
    for (sample, answer) in zip(samples, answers) {
      evaluation.add(scores: answer, label: sample.label)
    }
  }

  /// Runs the model on the pictures of IDX files.
  mutating func evaluatePictures(_ images: LabelledImages) throws(MRDLError) {
    let (channels, height, width) = (images.channelCount, images.height, images.width)
    let pixels = images.pixels.elements(as: UInt8.self)
    let area = height * width
    for range in batches(of: images.count, size: batch) {
      let samples = range.map { index in
        var values = [Float](repeating: 0, count: channels * area)
        for channel in 0..<channels {
          for place in 0..<area {
            values[place * channels + channel] = Float(
              pixels[(index * channels + channel) * area + place])
          }
        }
        return Runner.Sample(
          path: path, tensor: Tensor(values, shape: Shape([1, height, width, channels])),
          isPicture: true)
      }
      for (index, answer) in zip(range, try scores(samples)) {
        evaluation.add(
          scores: answer,
          label: try label(
            images.classNames[images.labels[index]], images.classNames, "picture \(index)"))
      }
    }
  }
}
