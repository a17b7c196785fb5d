import MRDLCore
import MRDLImages
import MRDLReports
import Testing

struct DrawingTests {
  private func pixels(_ drawing: Drawing, scale: Double = 1) throws -> Image {
    try ImageDecoder.decode(Storage(drawing.png(scale: scale)))
  }

  private func pixel(_ image: Image, _ x: Int, _ y: Int) -> [UInt8] {
    let samples: Span<UInt8> = image.samples.span()
    return (0..<3).map { samples[3 * (y * image.width + x) + $0] }
  }

  /// The share of ink, in pixels: the sum over all of how much darker than white they are.
  private func ink(_ image: Image, full: Int) -> Double {
    let samples: Span<UInt8> = image.samples.span()
    var sum = 0.0
    for index in stride(from: 0, to: samples.count, by: 3) {
      sum += Double(255 - Int(samples[index])) / Double(255 - full)
    }
    return sum
  }

  private func drawing(_ elements: Drawing.Element...) -> Drawing {
    var drawing = Drawing("t", summary: "s", width: 40, height: 30)
    for element in elements { drawing.add(element) }
    return drawing
  }

  @Test func rectanglesCoverWhatTheyCover() throws {
    let box = Drawing.Rectangle(10.5, 5.25, width: 8, height: 4)
    let image = try pixels(drawing(.rectangle(box, .ink, opacity: 1)))
    #expect(image.width == 40 && image.height == 30)
    #expect(abs(ink(image, full: 0x1a) - 32) < 0.1)
    #expect(pixel(image, 12, 7) == [0x1a, 0x1a, 0x1a])
    #expect(pixel(image, 9, 7) == [255, 255, 255])
    // Half of a pixel.
    #expect(abs(Int(pixel(image, 10, 7)[0]) - (255 + 0x1a) / 2) <= 1)
    let pale = try pixels(drawing(.rectangle(box, .ink, opacity: 0.25)))
    #expect(abs(ink(pale, full: 0x1a) - 8) < 0.2)
  }

  /// The area of a line with round ends is its length times its width and a disc.
  @Test(arguments: [(0.0, 0.0), (12, 0), (0, 9), (12, 9)], [1.0, 3, 6])
  func strokesHaveTheirArea(_ way: (Double, Double), width: Double) throws {
    let from = Drawing.Point(10.3, 8.4)
    let to = Drawing.Point(10.3 + way.0, 8.4 + way.1)
    let line = drawing(.stroke([from, to], width: width, .ink))
    let length = (way.0 * way.0 + way.1 * way.1).squareRoot()
    let expected = length * width + Double.pi * width * width / 4
    let image = try pixels(line, scale: 3)
    #expect(abs(ink(image, full: 0x1a) / 9 - expected) < 0.04 * expected + 0.1)
  }

  @Test func whatOverlapsItselfIsDrawnOnce() throws {
    let points = [Drawing.Point(5, 5), Drawing.Point(30, 5), Drawing.Point(5, 5)]
    let once = try pixels(drawing(.stroke(Array(points[..<2]), width: 1.5, .palette(0))))
    let twice = try pixels(drawing(.stroke(points, width: 1.5, .palette(0))))
    #expect(
      once.samples.elements(as: UInt8.self) == twice.samples.elements(as: UInt8.self))
  }

  @Test func picturesKeepTheirPixels() throws {
    let bytes: [UInt8] = [10, 20, 30, 40, 50, 60]
    let source = Image(samples: Tensor(bytes, shape: Shape([2, 3, 1])), colorSpace: .grey)
    let place = Drawing.Rectangle(4, 2, width: 30, height: 20)
    let image = try pixels(drawing(.image(source, place)), scale: 2)
    for row in 0..<2 {
      for column in 0..<3 {
        let value = bytes[3 * row + column]
        #expect(pixel(image, 8 + 20 * column, 4 + 20 * row) == [value, value, value])
        #expect(pixel(image, 8 + 20 * column + 19, 4 + 20 * row + 19) == [value, value, value])
      }
    }
    let svg = drawing(.image(source, place)).svg
    #expect(svg.contains("href=\"data:image/png;base64,iVBORw0KGgo"))
  }

  /// What leaves the picture, or is no number, is left out and breaks nothing.
  @Test(arguments: [Double.nan, .infinity, -1e300, 1e18])
  func numbersOutsideBreakNothing(value: Double) throws {
    let odd = Drawing.Point(value, 3)
    let image = try pixels(
      drawing(
        .stroke([Drawing.Point(0, 0), odd], width: 1, .grid), .disc(odd, radius: 2, .grid),
        .rectangle(Drawing.Rectangle(3, value, width: 1, height: 1), .grid, opacity: 1)))
    #expect(image.width == 40)
  }

  @Test func everyLetterOfASCIIIsDrawnAndNoneLikeAnother() throws {
    var seen: [[UInt8]: Character] = [:]
    for code in UInt8(33)...126 {
      let letter = Character(UnicodeScalar(code))
      var drawing = Drawing("t", summary: "s", width: 24, height: 24)
      drawing.add(text: String(letter), at: Drawing.Point(4, 17), size: 16)
      let image = try pixels(drawing, scale: 2)
      let bytes = image.samples.elements(as: UInt8.self)
      #expect(bytes.contains { $0 < 100 }, "\(letter) is not drawn")
      #expect(seen[bytes] == nil, "\(letter) looks like \(seen[bytes] ?? " ")")
      seen[bytes] = letter
      let width = Drawing.width(of: String(letter), size: 16)
      #expect((0...16).contains(width), "\(letter)")
    }
  }

  @Test func longTextLosesItsEnd() {
    var drawing = drawing()
    drawing.add(text: "a long name that has no room", at: Drawing.Point(0, 9), limit: 60)
    guard case .text(let text)? = drawing.elements.last else {
      Issue.record("no text")
      return
    }
    #expect(text.string.hasSuffix("…") && text.string.hasPrefix("a long"))
    #expect(Drawing.width(of: text.string, size: 12) <= 60)
  }

  @Test func textTurnsAndStandsWhereItsAnchorSays() throws {
    func box(_ anchor: Drawing.Anchor, _ turn: Double) throws -> (
      x: ClosedRange<Int>, y: ClosedRange<Int>
    ) {
      var drawing = Drawing("t", summary: "s", width: 100, height: 100)
      drawing.add(
        text: "HHHH", at: Drawing.Point(50, 50), size: 10, anchor: anchor, turn: turn)
      let image = try pixels(drawing)
      var (xs, ys): ([Int], [Int]) = ([], [])
      for y in 0..<100 {
        for x in 0..<100 where pixel(image, x, y)[0] < 200 {
          xs.append(x)
          ys.append(y)
        }
      }
      return ((xs.min() ?? 0)...(xs.max() ?? 0), (ys.min() ?? 0)...(ys.max() ?? 0))
    }
    let width = Int(Drawing.width(of: "HHHH", size: 10).rounded())
    let start = try box(.start, 0)
    #expect(abs(start.x.lowerBound - 50) <= 1 && abs(start.x.upperBound - 50 - width) <= 1)
    #expect(abs(start.y.lowerBound - 43) <= 1 && abs(start.y.upperBound - 50) <= 1)
    let end = try box(.end, 0)
    #expect(abs(end.x.upperBound - 50) <= 1 && abs(end.x.lowerBound - 50 + width) <= 1)
    // A quarter to the left: up from the place, on its left.
    let up = try box(.start, -90)
    #expect(abs(up.y.upperBound - 50) <= 1 && abs(up.y.lowerBound - 50 + width) <= 1)
    #expect(abs(up.x.lowerBound - 43) <= 1 && abs(up.x.upperBound - 50) <= 1)
  }

  @Test func markupIsEscaped() {
    var drawing = Drawing("<a&\"b\">", summary: "", width: 9, height: 9)
    drawing.addTitle()
    drawing.add(text: "<script>", at: Drawing.Point(0, 0))
    #expect(!drawing.svg.contains("<script>") && !drawing.svg.contains("<a&"))
    #expect(drawing.svg.contains("&lt;script&gt;"))
  }

  /// RFC 4648, section 10.
  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"),
  ])
  func base64(_ bytes: String, _ text: String) {
    #expect(Base64.text(of: Array(bytes.utf8)) == text)
  }

  // MARK: Letters

  private func picture(of text: String) throws -> [UInt8] {
    var drawing = Drawing("", summary: "", width: 60, height: 60)
    drawing.add(text: text, at: Drawing.Point(15, 42), size: 30)
    return drawing.png(scale: 1)
  }

  /// Every letter of Latin-1 and Latin Extended-A is drawn, and none as another: neither composed nor decomposed ones
  /// are boxes.
  @Test func lettersOfLatinHaveTheirOwnPictures() throws {
    let box = try picture(of: "漢")
    #expect(try picture(of: "字") == box)
    var pictures: [[UInt8]: Character] = [:]
    for code in Array(0x41...0x5A) + Array(0x61...0x7A) + Array(0xC0...0x17F) {
      guard let scalar = Unicode.Scalar(code), scalar.properties.isAlphabetic else { continue }
      let letter = Character(scalar)
      let picture = try picture(of: String(letter))
      #expect(picture != box, "\(letter)")
      // One letter is drawn with a stroke, two are of two alphabets.
      if let other = pictures.updateValue(letter, forKey: picture) {
        #expect("\(other)\(letter)" == "ÐĐ")
      }
    }
    #expect(try picture(of: "e\u{301}") == picture(of: "\u{E9}"))
    #expect(try picture(of: "x\u{302}") != box)
  }

  @Test func marksMakeNarrowLettersWider() {
    #expect(Drawing.width(of: "î", size: 10) > Drawing.width(of: "i", size: 10))
    #expect(Drawing.width(of: "ê", size: 10) == Drawing.width(of: "e", size: 10))
  }
}
