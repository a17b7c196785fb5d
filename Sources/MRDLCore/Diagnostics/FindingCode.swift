/// The stable name of one kind of finding, printed as `MRDL1207`.
///
/// Codes never change their meaning and are never reused. Each area has a file of its own under
/// `Diagnostics/Codes/` with its hundreds: 1000 container, 1100 header, 1200 graph, 1300 tensors,
/// 1400 golden vectors, 2000 HDF5, 2500 compression, 3000 images, 4000 running, 5000 data and
/// training, 6000 interchange, 9000 files and usage.
public struct FindingCode: Sendable, Hashable, CustomStringConvertible {
  /// The number after `MRDL`.
  public let number: UInt16
  /// What the finding means for the command that meets it.
  public let category: FailureCategory
  /// One line for the list of codes.
  public let summary: String
  /// What a person can do about it.
  public let remedy: String

  package init(_ number: UInt16, _ category: FailureCategory, _ summary: String, remedy: String) {
    self.number = number
    self.category = category
    self.summary = summary
    self.remedy = remedy
  }

  public var description: String { "MRDL\(number)" }

  public static func == (left: FindingCode, right: FindingCode) -> Bool {
    left.number == right.number
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(number) }

  /// Every code that this package can report, in the order of their numbers.
  public static var all: [FindingCode] {
    [
      containerCodes, headerCodes, graphCodes, tensorCodes, goldenCodes, hdf5Codes,
      compressionCodes, imageCodes, runtimeCodes, dataCodes, interchangeCodes, fileCodes,
    ].flatMap { $0 }.sorted { $0.number < $1.number }
  }
}
