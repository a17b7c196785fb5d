import MRDLCore
import MRDLRecipes
import Testing

/// How pictures are varied.
@Suite struct AugmentationTests {
  private let channels = 3
  private let height = 5
  private let width = 7

  /// The value of a pixel, different for all of them and never zero.
  private func pixel(_ channel: Int, _ row: Int, _ column: Int) -> Float {
    Float(1 + (channel * height + row) * width + column) / 128
  }

  private func varied(
    _ recipe: String, epoch: Int, channelsLast: Bool = false
  ) throws -> [Float] {
    let augmentation = try #require(
      try AugmentationRecipe(JSONCursor(try JSONParser.parse(recipe))))
    var result = [Float](repeating: .nan, count: channels * height * width)
    var span = result.mutableSpan
    augmentation.write(
      seed: 7, epoch: epoch, sample: 11, channels: channels, height: height, width: width,
      channelsLast: channelsLast, into: &span, value: pixel)
    return result
  }

  /// The picture moved by whole pixels, mirrored before that, with black where nothing was.
  private func moved(right: Int, down: Int, mirrors: Bool) -> [Float] {
    var result: [Float] = []
    for channel in 0..<channels {
      for row in 0..<height {
        for column in 0..<width {
          let (from, across) = (row - down, column - right)
          let isInside = (0..<height).contains(from) && (0..<width).contains(across)
          result.append(
            isInside ? pixel(channel, from, mirrors ? width - 1 - across : across) : 0)
        }
      }
    }
    return result
  }

  @Test func everyMoveComesUp() throws {
    var expected: Set<[Float]> = []
    for right in -2...2 {
      for down in -2...2 {
        for mirrors in [false, true] {
          expected.insert(moved(right: right, down: down, mirrors: mirrors))
        }
      }
    }
    #expect(expected.count == 50)
    var found: Set<[Float]> = []
    for epoch in 1...600 {
      found.insert(try varied(#"{"flip": true, "shift": 2}"#, epoch: epoch))
    }
    #expect(found == expected)
  }

  /// A turn too small to be seen is computed in the other way, from the same numbers.
  @Test(
    arguments: [
      #""flip": true"#, #""shift": 3"#, #""flip": true, "shift": 9"#, #""brightness": 0.5"#,
      #""noise": 0.1, "shift": 1"#,
    ], [false, true])
  func movesAreTurnsByNothing(_ wishes: String, channelsLast: Bool) throws {
    for epoch in 1...20 {
      let moved = try varied("{\(wishes)}", epoch: epoch, channelsLast: channelsLast)
      let turned = try varied(
        "{\(wishes), \"rotate\": 1e-9}", epoch: epoch, channelsLast: channelsLast)
      for (moved, turned) in zip(moved, turned) { #expect(abs(moved - turned) < 1e-5) }
    }
  }

  @Test func channelsMayComeLast() throws {
    let recipe = #"{"flip": true, "shift": 1, "brightness": 0.3}"#
    for epoch in 1...10 {
      let planes = try varied(recipe, epoch: epoch)
      let pixels = try varied(recipe, epoch: epoch, channelsLast: true)
      for place in 0..<height * width {
        for channel in 0..<channels {
          #expect(
            pixels[place * channels + channel] == planes[channel * height * width + place])
        }
      }
    }
  }

  @Test func brightnessIsAFactorWithinItsBounds() throws {
    var factors: Set<Float> = []
    for epoch in 1...50 {
      let values = try varied(#"{"brightness": 0.25}"#, epoch: epoch)
      let factor = values[0] / pixel(0, 0, 0)
      #expect((0.75...1.25).contains(factor))
      for (value, plain) in zip(values, moved(right: 0, down: 0, mirrors: false)) {
        #expect(abs(value - factor * plain) < 1e-6)
      }
      factors.insert(factor)
    }
    #expect(factors.count == 50)
  }
}
