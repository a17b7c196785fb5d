import MRDLCore
import Testing

struct JSONPositionsTests {
  private let text = """
    {
      "a": 1, "b": [
        10,
        {"c\\"d": true,
         "e": "}\\n]"}
      ],

      "f": {}
    }
    """

  @Test(arguments: [
    ("", 1, 1), ("/a", 2, 3), ("/b", 2, 11), ("/b/0", 3, 5), ("/b/1", 4, 5),
    ("/b/1/c\"d", 4, 6), ("/b/1/e", 5, 6), ("/f", 8, 3),
  ])
  func positionsAreThoseOfTheKeys(_ pointer: String, line: Int, column: Int) {
    #expect(
      JSONPositions(text).position(of: pointer) == TextPosition(line: line, column: column))
  }

  @Test func whatIsNotThereHasThePositionAroundIt() {
    let positions = JSONPositions(text)
    #expect(positions.position(of: "/b/1/x/y") == TextPosition(line: 4, column: 5))
    #expect(positions.position(of: "/z") == .start)
  }

  @Test func bytesHavePositions() {
    let text = "aé\n😀c\n"
    let positions = [0, 1, 3, 4, 8, 9, 10].map { TextPosition(ofByte: $0, in: text.utf8) }
    #expect(positions.map(\.line) == [1, 1, 1, 2, 2, 2, 3])
    #expect(positions.map(\.column) == [1, 2, 3, 1, 2, 3, 1])
  }

  @Test func columnsAreCountedInScalars() {
    #expect(
      JSONPositions(#"{"é😀": {"b": 1}}"#).position(of: "/é😀/b")
        == TextPosition(line: 1, column: 9))
  }

  /// A key is found by what it stands for, however it is written.
  @Test(arguments: [#"n\u00e4me"#, "näme", #"n\u00e4m\u0065"#])
  func keysWithEscapesHavePositions(_ key: String) {
    #expect(
      JSONPositions("{\"a\": 1,\n \"\(key)\": 2}").position(of: "/näme")
        == TextPosition(line: 2, column: 2))
  }

  @Test(arguments: [
    "", "[", "{\"a\"", "{\"a\":", "[,]", "\"", "{1}", "[\"\\", "]",
    String(repeating: "[", count: 1 << 20), String(repeating: "{\"a\":", count: 1 << 18),
  ])
  func brokenTextsEnd(_ text: String) {
    #expect(JSONPositions(text).position(of: "/z") == .start)
  }
}
