package import MRDLCore
internal import MRDLDatasets
internal import MRDLImages
internal import MRDLInterchange
package import MRDLModel
internal import MRDLRuntime

/// Samples that a model is measured with: pictures, IDX files or arrays.
package struct CalibrationData: Sendable {
  /// Samples that run together: a value for each input.
  package let batches: [[String: GraphValue]]
  package let sampleCount: Int
  /// The input that takes pixels, with the preprocessing of the model before it; nil for arrays.
  private let pictureInput: String?

  /// More samples add little to what is measured.
  package static let sampleLimit = 512
  private static let batchLimit = 32

  /// Reads samples for a model, at most `sampleLimit`, spread evenly over what there is.
  ///
  /// - Parameter path: a directory with IDX files (the training half), with pictures, or with a folder of
  ///   pictures for each class; a `.npz` file with an array for each input, or a `.npy` file, samples along
  ///   the first axis.
  /// - Throws: `MRDL9001` where there is nothing, `MRDL5001` for data without samples, `MRDL4001` where the
  ///   model does not take them.
  package init(_ path: String, for model: Model) throws(MRDLError) {
    if FileSystem.kind(of: path) == .directory {
      let names = try FileSystem.names(inDirectory: path)
      let picture = try PictureInput(model)
      pictureInput = picture.inputName
      let tensors =
        names.contains { $0.hasPrefix("train-images") }
        ? try Self.pixels(of: MNISTDirectory(path), picture)
        : try Self.pictures(in: path, names, picture)
      let joins =
        picture.model.graph.inputs.first { $0.name == picture.inputName }?.shape?
        .dimensions.first?.value == nil
      batches = Self.batches(of: tensors, joining: joins).map { [picture.inputName: .tensor($0)] }
      sampleCount = tensors.count
    } else {
      pictureInput = nil
      (batches, sampleCount) = try Self.arrays(path, model)
    }
    guard sampleCount > 0 else {
      throw MRDLError(
        .badDataset, "there are no samples to calibrate with",
        expected: "pictures, IDX files, .npz or .npy", at: Place(file: path))
    }
  }

  /// Batches that are given.
  package init(batches: [[String: GraphValue]]) {
    self.batches = batches
    sampleCount = batches.reduce(0) { count, batch in
      guard case .tensor(let tensor)? = batch.values.first else { return count + 1 }
      return count + (tensor.shape.dimensions.first ?? 1)
    }
    pictureInput = nil
  }

  /// A model with the inputs that the batches have: its own, or pixels in place of one of them.
  package func prepared(_ model: Model) throws(MRDLError) -> Model {
    pictureInput == nil ? model : try PictureInput(model).model
  }

  // MARK: Pictures

  private static func positions(_ count: Int) -> [Int] {
    let taken = min(count, sampleLimit)
    return (0..<taken).map { $0 * count / taken }
  }

  /// [1, H, W, C] with values from 0 to 255.
  private static func pixels(
    of directory: MNISTDirectory, _ picture: PictureInput
  ) throws(MRDLError) -> [Tensor] {
    let images = try directory.read(.train)
    try picture.check(width: images.width, height: images.height)
    let (channels, area) = (images.channelCount, images.height * images.width)
    let pixels = images.pixels.elements(as: UInt8.self)
    return positions(images.count).map { index in
      var values = [Float](repeating: 0, count: channels * area)
      for channel in 0..<channels {
        for place in 0..<area {
          values[place * channels + channel] = Float(
            pixels[(index * channels + channel) * area + place])
        }
      }
      return Tensor(values, shape: [1, images.height, images.width, channels])
    }
  }

  private static func pictures(
    in path: String, _ names: [String], _ picture: PictureInput
  ) throws(MRDLError) -> [Tensor] {
    var paths = try ImageFolder.paths(in: path)
    for name in names.sorted() {
      let folder = FileSystem.join(path, name)
      if FileSystem.kind(of: folder) == .directory { paths += try ImageFolder.paths(in: folder) }
    }
    var tensors: [Tensor] = []
    for index in positions(paths.count) {
      let image = try ImageDecoder.decode(file: paths[index])
      do throws(MRDLError) {
        try picture.check(width: image.width, height: image.height)
      } catch {
        throw error.inFile(paths[index])
      }
      let colors = picture.preprocessing.colorSpace
      let pixels = image.converted(to: colors == .grey ? .grey : .rgb)
        .floatSamples(reversingChannels: colors == .bgr)
      tensors.append(pixels.reshaped(Shape([1] + pixels.shape.dimensions)))
    }
    return tensors
  }

  /// Neighbours of the same size run together where the model permits.
  private static func batches(of tensors: [Tensor], joining: Bool) -> [Tensor] {
    guard joining else { return tensors }
    var result: [Tensor] = []
    var pending: [Tensor] = []
    func flush() {
      if !pending.isEmpty { result.append(Tensor.joiningRows(pending)) }
      pending = []
    }
    for tensor in tensors {
      if let first = pending.first, first.shape != tensor.shape || pending.count == batchLimit {
        flush()
      }
      pending.append(tensor)
    }
    flush()
    return result
  }

  // MARK: Arrays

  private static func arrays(
    _ path: String, _ model: Model
  ) throws(MRDLError) -> ([[String: GraphValue]], Int) {
    let inputs = model.givenInputs
    var whole: [String: Tensor] = [:]
    if try ModelFile.format(of: path) == .npy {
      guard let input = inputs.first, inputs.count == 1 else {
        throw MRDLError(
          .missingInput, "one array cannot be the samples of several inputs",
          expected: ".npz with " + inputs.map { "\"\($0.name)\"" }.joined(separator: ", "),
          at: Place(file: path))
      }
      do throws(MRDLError) {
        whole[input.name] = try NPY.decode(try FileContent.map(path))
      } catch {
        throw error.inFile(path)
      }
    } else {
      for array in try NPZ.read(path) { whole[array.name] = array.tensor }
      if whole.count == 1, inputs.count == 1, let tensor = whole.values.first {
        whole = [inputs[0].name: tensor]
      }
    }
    var count: Int?
    for input in inputs {
      guard let tensor = whole[input.name], let samples = tensor.shape.dimensions.first,
        count ?? samples == samples
      else {
        throw MRDLError(
          .missingInput, "samples for input \"\(input.name)\" are missing",
          found: whole.map { "\"\($0.key)\" \($0.value.shape)" }.sorted().joined(separator: ", "),
          expected: "an array with all samples along its first axis", at: Place(file: path))
      }
      guard tensor.scalarType == input.scalarType else {
        throw MRDLError(
          .wrongInput, "samples are not of the type that input \"\(input.name)\" takes",
          found: tensor.scalarType.rawValue, expected: input.scalarType.rawValue,
          at: Place(file: path))
      }
      count = samples
    }
    let step = inputs.allSatisfy { $0.shape?.dimensions.first?.value == nil } ? batchLimit : 1
    let samples = min(count ?? 0, sampleLimit)
    var batches: [[String: GraphValue]] = []
    for first in stride(from: 0, to: samples, by: step) {
      let range = first..<min(first + step, samples)
      var batch: [String: GraphValue] = [:]
      for input in inputs {
        batch[input.name] = whole[input.name].map { .tensor($0.rows(range)) }
      }
      batches.append(batch)
    }
    return (batches, samples)
  }
}
