import MRDLCore
import MRDLDatasets
import MRDLImages
import MRDLInterchange
import MRDLModel
import MRDLReports
import MRDLRuntime

/// A model that is run on arrays, on pictures or on both; each way has a program of its own, which is
/// made when it is first needed.
final class Runner {
  /// One input file, made ready.
  struct Sample {
    let path: String
    let tensor: Tensor
    /// Pictures of the same size can run together; an array is a batch by itself.
    let isPicture: Bool

    /// Whether the two can be parts of one batch.
    func fits(_ other: Sample) -> Bool {
      isPicture && other.isPicture && tensor.shape == other.tensor.shape
    }
  }

  /// The outputs of a run, in the order of the graph.
  struct Result {
    let outputs: [(name: String, value: GraphValue)]
    let sampleCount: Int
    let profile: ProfileReport?
  }

  let model: Model
  let pictureOptions: PictureOptions
  private let options: SessionOptions
  private let programOptions: ProgramOptions
  /// What stands for every run.
  var given: [String: GraphValue] = [:]
  private var plain: Lane?
  private var pictures: (input: PictureInput, lane: Lane)?
  /// Why no picture at all can be given to the model; nil as long as none was refused for that.
  private(set) var pictureFailure: MRDLError?

  init(
    _ model: Model, pictures: PictureOptions, session: SessionOptions, program: ProgramOptions
  ) {
    self.model = model
    programOptions = program
    pictureOptions = pictures
    options = session
  }

  /// Reads an input, told by its content; what is neither an array nor a picture is a table to a model of
  /// named features.
  func load(_ path: String) throws(MRDLError) -> Sample {
    let format = try ModelFile.format(of: path)
    if format != .npy, let features = rowFeatures {
      let table = try TableFeatures(
        features, of: RecordedTable.read(path, for: model),
        missing: RecordedTable.missing(of: model))
      return try rows(table.rows, of: table, path)
    }
    if format == .npy {
      let input = try freeInput()
      var tensor = try Self.array(path)
      if let rank = input.shape?.rank, tensor.shape.rank == rank - 1 {
        tensor = tensor.reshaped(Shape([1] + tensor.shape.dimensions))
      }
      return Sample(path: path, tensor: tensor, isPicture: false)
    }
    let image = try ImageDecoder.decode(file: path)
    let picture = try pictureLane().input
    do throws(MRDLError) {
      try picture.check(width: image.width, height: image.height)
    } catch {
      throw error.inFile(path)
    }
    let colors = picture.preprocessing.colorSpace
    let pixels = image.converted(to: colors == .grey ? .grey : .rgb)
      .floatSamples(reversingChannels: colors == .bgr)
    return Sample(
      path: path, tensor: pixels.reshaped(Shape([1] + pixels.shape.dimensions)), isPicture: true)
  }

  /// How many pictures run together: as many as the model fixes, else as many as are wanted.
  func pictureBatch(_ wanted: Int) -> Int { pictures?.input.batch.map { max($0, 1) } ?? wanted }

  /// Runs on samples that can run together, or on the given inputs alone.
  func run(_ samples: [Sample] = [], profiles: Bool = false) throws(MRDLError) -> Result {
    let (lane, inputs) = try prepare(samples)
    let extents = (inputs.joined ?? firstGiven)?.shape.dimensions
    let count = extents?.first ?? 1
    let result = try lane.run(inputs.values, sampleCount: count, profiles: profiles)
    guard samples.first?.isPicture == true, samples.count < count else { return result }
    return result.keeping(samples.count, of: count)
  }

  /// The lane for some samples with the value of every input; to a model of a fixed batch the last picture is given
  /// again until it is full.
  func prepare(
    _ samples: [Sample]
  ) throws(MRDLError) -> (lane: Lane, inputs: (values: [String: GraphValue], joined: Tensor?)) {
    guard let first = samples.first else { return (try plainLane(), (given, nil)) }
    var values = given
    if first.isPicture {
      let (picture, lane) = try pictureLane()
      let missing = max((picture.batch ?? 0) - samples.count, 0)
      let joined = Tensor.joiningRows(
        samples.map(\.tensor) + repeatElement(samples[samples.count - 1].tensor, count: missing))
      values[picture.inputName] = .tensor(joined)
      return (lane, (values, joined))
    }
    let joined = Tensor.joiningRows(samples.map(\.tensor))
    values[try freeInput().name] = .tensor(joined)
    return (try plainLane(), (values, joined))
  }

  /// The input that an array without a name is for: the only one that is not given and no state.
  ///
  /// - Parameter other: one that is given later.
  func freeInput(besides other: String? = nil) throws(MRDLError) -> ValueInfo {
    let free = model.graph.inputs.filter { isFree($0) && $0.name != other }
    guard let input = free.first, free.count == 1, input.kind == .tensor else {
      throw MRDLError(
        .missingInput, "an array needs the name of its input",
        expected: "--input NAME=FILE.npy for "
          + model.graph.inputs.map { "\"\($0.name)\"" }.joined(separator: ", "))
    }
    return input
  }

  /// Whether an input waits for a value: it is not given, and no state.
  func isFree(_ input: ValueInfo) -> Bool {
    given[input.name] == nil && !model.isState(input)
  }

  private func plainLane() throws(MRDLError) -> Lane {
    if let plain { return plain }
    let lane = try Lane(model, options, programOptions)
    plain = lane
    return lane
  }

  private func pictureLane() throws(MRDLError) -> (input: PictureInput, lane: Lane) {
    if let pictures { return pictures }
    if let pictureFailure { throw pictureFailure }
    do throws(MRDLError) {
      let made = try makePictureLane()
      pictures = made
      return made
    } catch {
      pictureFailure = error
      throw error
    }
  }

  private func makePictureLane() throws(MRDLError) -> (input: PictureInput, lane: Lane) {
    let inputs = model.graph.inputs
    let target =
      inputs.first { model.preprocessing[$0.name] != nil && given[$0.name] == nil }
      ?? inputs.first { given[$0.name] == nil && $0.shape?.rank == 4 }
      ?? inputs.first { given[$0.name] == nil }
    let input = try PictureInput(model, input: target?.name, options: pictureOptions)
    return (input, try Lane(input.model, options, programOptions))
  }
}
