import MRDLCore
import MRDLDatasets
import Testing

struct SeriesFileTests {
  private func series(_ text: String) throws -> LabelledSeries {
    try Array(text.utf8).withUnsafeBytes { try SeriesFile.parse($0, name: "s") }
  }

  private static let header = "#about\n@problemName Two\n@timeStamps false\n"

  @Test func channelsLengthsAndClassesAreRead() throws {
    let series = try series(
      Self.header
        + "@classLabel true b a\n@data\n1,2,3:4,5,6:a\n\n# no series\n7 , 8:9,-1e1: b \r\n")
    #expect(series.name == "Two")
    #expect(series.channelCount == 2)
    #expect(series.classNames == ["b", "a"])
    #expect(series.elements.map(\.label) == [1, 0])
    #expect(series.elements.map(\.length) == [3, 2])
    #expect(series.stepCount == 3)
    #expect(series.elements[0].values == [1, 2, 3, 4, 5, 6])
    #expect(series.elements[1].values == [7, 8, 9, -10])
  }

  @Test func missingNumbersTakeTheOneBefore() throws {
    let series = try series("@classLabel true x\n@data\n?,2,NaN,3:?,?,?,?:x\n")
    #expect(series.elements[0].values == [2, 2, 2, 3, 0, 0, 0, 0])
  }

  @Test func paddingFollowsTheEndOfEveryChannel() throws {
    let element = try series("@classLabel true x\n@data\n1,2:3,4:x\n").elements[0]
    var values = [Float](repeating: 9, count: 6)
    var span = values.mutableSpan
    element.copy(padding: 3, into: &span)
    #expect(values == [1, 2, 0, 3, 4, 0])
  }

  @Test(arguments: [
    ("1,2:x\n", 1),
    ("@classLabel true x\n1,2:x\n", 2),
    ("@classLabel false\n@data\n1,2\n", 2),
    ("@classLabel true x x\n@data\n1:x\n", 1),
    ("@timeStamps true\n@classLabel true x\n@data\n(0,1):x\n", 1),
    ("@targetLabel true\n@data\n1:0.5\n", 1),
    ("@dimensions none\n@classLabel true x\n@data\n1:x\n", 1),
    ("@classLabel true x\n@data\n1,2:y\n", 3),
    ("@classLabel true x\n@data\n1,two:x\n", 3),
    ("@classLabel true x\n@data\n1,inf:x\n", 3),
    ("@classLabel true x\n@data\n1,2:3:x\n", 3),
    ("@classLabel true x\n@data\n1:x\n1:2:x\n", 4),
    ("@dimensions 2\n@classLabel true x\n@data\n1:x\n", 4),
    ("@classLabel true x\n@data\nx\n", 3),
    ("@equalLength true\n@seriesLength 3\n@classLabel true x\n@data\n1,2:x\n", 5),
    ("@classLabel true x\n@data\n", 2),
    ("@classLabel true x\n", 1),
  ])
  func whatIsWrongIsNamedWithItsLine(_ text: String, line: Int) throws {
    let error = try #require(throws: MRDLError.self) { try series(text) }
    #expect(error.code == .badDataset)
    #expect(error.place.line == line, "\(error)")
  }

  @Test func lengthsThatTheHeaderCallsEqualAre() throws {
    let text = "@equalLength true\n@classLabel true x\n@data\n1:x\n1,2:x\n"
    #expect(throws: MRDLError.self) { try series(text) }
  }
}
