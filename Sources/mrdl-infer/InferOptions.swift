import ArgumentParser
import MRDLCore
import MRDLModel
import MRDLReports

/// `NAME=FILE.npy`; the last `=` splits, because names of values may hold one.
struct NamedFile: ExpressibleByArgument {
  let name: String
  let path: String

  init?(argument: String) {
    guard let split = argument.lastIndex(of: "="), split != argument.startIndex,
      argument.index(after: split) != argument.endIndex
    else { return nil }
    name = String(argument[..<split])
    path = String(argument[argument.index(after: split)...])
  }
}

/// Numbers separated by commas, one a channel or one for all.
struct NumberList: ExpressibleByArgument {
  let numbers: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    let parsed = parts.compactMap { Double($0) }.filter(\.isFinite)
    guard parsed.count == parts.count else { return nil }
    numbers = parsed
  }
}

/// Which values of an answer are shown.
struct SelectionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Show so many of the largest values.", valueName: "k"))
  var top: Int?

  @Option(help: ArgumentHelp("Names of the classes, one a line.", valueName: "file"))
  var labels: String?

  @Option(help: ArgumentHelp("Show values from here on.", valueName: "p"))
  var threshold: Double?

  func validate() throws {
    if let top, top < 1 { throw ValidationError("--top takes a number from 1 on, found \(top)") }
  }

  func selection() throws(MRDLError) -> AnswerSelection {
    var names: [String]?
    if let labels {
      var lines = try FileContent.readText(labels).split(
        omittingEmptySubsequences: false, whereSeparator: \.isNewline
      ).map(String.init)
      while lines.last == "" { lines.removeLast() }
      names = lines
    }
    return AnswerSelection(top: top, labels: names, threshold: threshold)
  }
}

/// What turns a picture into numbers where the model does not say, or other than it says:
/// (pixel · scale − mean) / std, with pixels from 0 to 255.
struct PreprocessingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Factor of each pixel, which runs from 0 to 255.", valueName: "number"))
  var scale: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Subtracted afterwards, one number or one a channel.", valueName: "numbers"))
  var mean: NumberList?

  @Option(
    help: ArgumentHelp("Divides afterwards, one number or one a channel.", valueName: "numbers"))
  var std: NumberList?

  func validate() throws {
    if let std, std.numbers.contains(0) { throw ValidationError("--std must not hold 0") }
  }

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
    result.mean = mean?.numbers ?? result.mean
    result.standardDeviation = std?.numbers ?? result.standardDeviation
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
