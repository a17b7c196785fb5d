package import MRDLCore

/// The two files of a collection of series: `NAME_TRAIN.ts` and `NAME_TEST.ts`, plain or with `.gz`.
package struct SeriesPair: Sendable {
  package let training: LabelledSeries
  /// nil where there is only one file, which holds all series.
  package let test: LabelledSeries?

  private static let endings = [".ts", ".ts.gz"]

  /// Whether a directory holds such files.
  package static func isIn(_ directory: String) throws(MRDLError) -> Bool {
    try !names(in: directory).isEmpty
  }

  private static func names(in directory: String) throws(MRDLError) -> [String] {
    try FileSystem.names(inDirectory: directory).filter { name in
      endings.contains { name.hasSuffix("_TRAIN" + $0) }
    }.sorted()
  }

  /// Reads a file with the one that belongs to it, or the only pair of a directory.
  ///
  /// - Throws: `MRDL5001` where a directory holds several pairs, or two files do not belong together.
  package init(_ path: String, limits: Limits = .standard) throws(MRDLError) {
    var path = path
    if FileSystem.kind(of: path) == .directory {
      let names = try Self.names(in: path)
      guard let name = names.first, names.count == 1 else {
        throw MRDLError(
          .badDataset, "the directory does not hold one collection of series",
          found: names.joined(separator: ", "), expected: "--data with one of the files",
          at: Place(file: path))
      }
      path = FileSystem.join(path, name)
    }
    training = try SeriesFile.read(path, limits: limits)
    guard let other = Self.testPath(path) else {
      test = nil
      return
    }
    let test = try SeriesFile.read(other, limits: limits)
    guard test.classNames == training.classNames, test.channelCount == training.channelCount else {
      throw MRDLError(
        .badDataset, "the files for training and for testing hold different kinds of series",
        found: "\(test.channelCount) channels, classes \(test.classNames)",
        expected: "\(training.channelCount) channels, classes \(training.classNames)",
        at: Place(file: other))
    }
    self.test = test
  }

  private static func testPath(_ path: String) -> String? {
    for ending in endings where path.hasSuffix("_TRAIN" + ending) {
      let stem = path.dropLast(("_TRAIN" + ending).count)
      return endings.map { stem + "_TEST" + $0 }.first { FileSystem.kind(of: $0) == .file }
    }
    return nil
  }
}
