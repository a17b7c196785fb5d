import MRDLCore
import Testing

struct JSONLinesTests {
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
    ("", 1), ("/a", 2), ("/b", 2), ("/b/0", 3), ("/b/1", 4), ("/b/1/c\\\"d", 4), ("/b/1/e", 5),
    ("/f", 8),
  ])
  func linesAreThoseOfTheKeys(_ pointer: String, line: Int) {
    #expect(JSONLines(text).line(of: pointer) == line)
  }

  @Test func whatIsNotThereHasTheLineAroundIt() {
    let lines = JSONLines(text)
    #expect(lines.line(of: "/b/1/x/y") == 4)
    #expect(lines.line(of: "/z") == 1)
  }

  @Test func bytesHaveLines() {
    let lines = JSONLines("ab\nc\n")
    #expect([0, 2, 3, 4, 5].map { lines.line(ofByte: $0) } == [1, 1, 2, 2, 3])
  }

  @Test(arguments: ["", "[", "{\"a\"", "{\"a\":", "[,]", "\"", "{1}", "[\"\\", "]"])
  func brokenTextsEnd(_ text: String) {
    #expect(JSONLines(text).line(of: "/a") == 1)
  }
}
