import MRDLCore
import MRDLImages
import Testing

private func image(
  _ elements: [UInt8], _ colorSpace: ColorSpace, width: Int = 1
) -> Image {
  let count = colorSpace.channelCount
  return Image(
    samples: Tensor(elements, shape: [elements.count / count / width, width, count]),
    colorSpace: colorSpace)
}

private func deepImage(_ elements: [UInt16], _ colorSpace: ColorSpace) -> Image {
  let count = colorSpace.channelCount
  return Image(
    samples: Tensor(elements, shape: [elements.count / count, 1, count]), colorSpace: colorSpace)
}

@Suite("Conversions of pictures")
struct ImageConversionTests {
  /// Every eighth colour against the definition in real numbers.
  @Test func luma() {
    var colors: [UInt8] = []
    let levels = Array(stride(from: UInt8(0), to: 255, by: 15)) + [255]
    for red in levels {
      for green in levels { for blue in levels { colors += [red, green, blue] } }
    }
    let grey = samples(of: image(colors, .rgb).converted(to: .grey))
    for index in grey.indices {
      let exact =
        0.299 * Double(colors[3 * index]) + 0.587 * Double(colors[3 * index + 1]) + 0.114
        * Double(colors[3 * index + 2])
      #expect(abs(Double(grey[index]) - exact) < 0.51)
    }
  }

  @Test func greyOfGreyIsItself() {
    let levels = (0...255).map { UInt8($0) }
    let asColor = image(levels, .grey).converted(to: .rgb)
    #expect(samples(of: asColor) == levels.flatMap { [UInt16($0), UInt16($0), UInt16($0)] })
    #expect(samples(of: asColor.converted(to: .grey)) == levels.map { UInt16($0) })
    let deep: [UInt16] = [0, 1, 257, 32_767, 65_534, 65_535]
    #expect(samples(of: deepImage(deep, .grey).converted(to: .rgb).converted(to: .grey)) == deep)
  }

  @Test func opacity() {
    let source = image([10, 20, 30, 0, 40, 50, 60, 128], .rgba)
    #expect(samples(of: source.converted(to: .rgb)) == [10, 20, 30, 40, 50, 60])
    #expect(samples(of: source.converted(to: .greyAlpha)) == [18, 0, 48, 128])
    #expect(samples(of: image([1, 2, 3], .rgb).converted(to: .rgba)) == [1, 2, 3, 255])
    #expect(samples(of: image([7], .grey).converted(to: .rgba)) == [7, 7, 7, 255])
    #expect(samples(of: image([7, 9], .greyAlpha).converted(to: .rgba)) == [7, 7, 7, 9])
    #expect(samples(of: deepImage([7], .grey).converted(to: .greyAlpha)) == [7, 65_535])
  }

  @Test func flattening() {
    let source = image([10, 20, 30, 0, 40, 50, 60, 128, 70, 80, 90, 255], .rgba)
    let white = source.flattened(over: [1, 1, 1])
    #expect(white.colorSpace == .rgb)
    // 40 · 128/255 + 255 · 127/255 = 147.08
    #expect(samples(of: white) == [255, 255, 255, 147, 152, 157, 70, 80, 90])
    #expect(
      samples(of: source.flattened(over: [0, 0, 1])) == [0, 0, 255, 20, 25, 157, 70, 80, 90])
    let grey = image([100, 0, 100, 255], .greyAlpha).flattened(over: [1, 0, 0])
    #expect(samples(of: grey) == [76, 100])
    #expect(samples(of: image([1, 2, 3], .rgb).flattened(over: [0, 0, 0])) == [1, 2, 3])
  }

  @Test func eightBits() {
    for value in stride(from: 0, through: 65_535, by: 1) {
      let exact = (Double(value) * 255 / 65_535).rounded()
      if value % 97 == 0 || value % 257 == 128 || value % 257 == 129 {
        let converted = deepImage([UInt16(value)], .grey).withEightBitSamples()
        #expect(converted.bitsPerSample == 8)
        #expect(samples(of: converted) == [UInt16(exact)])
      }
    }
  }

  @Test func floats() {
    let bytes = image([0, 128, 255, 1, 2, 3], .rgb)
    #expect(bytes.floatSamples().elements(as: Float.self) == [0, 128, 255, 1, 2, 3])
    #expect(bytes.floatSamples().shape == [2, 1, 3])
    #expect(
      bytes.floatSamples(reversingChannels: true).elements(as: Float.self)
        == [255, 128, 0, 3, 2, 1])
    let words = deepImage([0, 257, 65_535], .grey)
    #expect(words.floatSamples().elements(as: Float.self) == [0, 1, 255])
  }
}
