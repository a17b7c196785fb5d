package import MRDLCore
internal import MRDLNumerics
internal import MRDLTraining

/// How pictures are varied while a model learns; every number is made from the seed, the epoch and the sample.
package struct AugmentationRecipe: Sendable, Hashable {
  /// Whether half of the pictures are mirrored, left to right.
  package var flips: Bool
  /// By how many pixels a picture is moved at most, along each axis.
  package var shift: Int
  /// By how many degrees it is turned at most.
  package var rotation: Double
  /// The share of each side that a cut-out is smaller at most.
  package var crop: Double
  /// By what share it is made brighter or darker at most.
  package var brightness: Double
  /// The deviation of normal noise, where 1 is white.
  package var noise: Double

  package init?(_ cursor: JSONCursor?) throws(MRDLError) {
    guard let cursor else { return nil }
    try cursor.refuseUnknownKeys(
      except: ["flip", "shift", "rotate", "crop", "brightness", "noise"])
    flips = try cursor.bool("flip", default: false)
    shift = try cursor.optional("shift")?.integer(in: 0...65_536) ?? 0
    rotation = try cursor.notNegative("rotate")
    crop = try cursor.share("crop", default: 0)
    brightness = try cursor.share("brightness", default: 0)
    noise = try cursor.notNegative("noise")
  }

  var encoded: JSONValue {
    .object([
      "flip": .bool(flips), "shift": .integer(Int64(shift)), "rotate": .number(rotation),
      "crop": .number(crop), "brightness": .number(brightness), "noise": .number(noise),
    ])
  }

  /// Writes a picture as it is seen in one epoch.
  ///
  /// - Parameters:
  ///   - value: the value of the pixel at a channel, a row and a column.
  ///   - channelsLast: whether the channels of a pixel lie side by side in the target.
  /// - Complexity: O(pixels).
  @inline(__always)
  package func write(
    seed: UInt64, epoch: Int, sample: Int, channels: Int, height: Int, width: Int,
    channelsLast: Bool, into target: inout MutableSpan<Float>, value: (Int, Int, Int) -> Float
  ) {
    var numbers = RandomNumbers(
      seed: seed, stream: RandomStream.augmentation(epoch: epoch, sample: sample).number)
    // All numbers are drawn whether they are wanted or not: one wish does not change what another gives.
    let mirrors = numbers.nextUniform() < 0.5 && flips
    let right = numbers.nextInteger(below: 2 * shift + 1) - shift
    let down = numbers.nextInteger(below: 2 * shift + 1) - shift
    let angle = numbers.nextUniform(from: -rotation, to: rotation) * Double.pi / 180
    let scale = 1 - crop * numbers.nextUniform()
    let slack = (1 - scale) / 2
    let cutX = numbers.nextUniform(from: -slack, to: slack) * Double(width)
    let cutY = numbers.nextUniform(from: -slack, to: slack) * Double(height)
    let gain = Float(1 + numbers.nextUniform(from: -brightness, to: brightness))
    let (pixelStep, channelStep) = channelsLast ? (channels, 1) : (1, height * width)
    func put(_ pixel: Float, _ row: Int, _ column: Int, _ channel: Int) {
      var result = pixel * gain
      if noise > 0 { result += Float(noise * numbers.nextNormal()) }
      target[(row * width + column) * pixelStep + channel * channelStep] = result
    }
    guard rotation > 0 || crop > 0 else {
      // Whole pixels move, and those that come from outside are black.
      let columns = right..<width + right
      for row in 0..<height {
        let isInside = (0..<height).contains(row - down)
        for column in 0..<width {
          let source = mirrors ? width - 1 - column + right : column - right
          let isPixel = isInside && columns.contains(column)
          for channel in 0..<channels {
            put(isPixel ? value(channel, row - down, source) : 0, row, column, channel)
          }
        }
      }
      return
    }
    let (turnX, turnY) = (cosine(angle) * scale, sine(angle) * scale)
    let middleX = Double(width - 1) / 2
    let middleY = Double(height - 1) / 2
    for row in 0..<height {
      for column in 0..<width {
        // Where the pixel comes from: back through shift, mirror, turn and cut-out.
        var x = Double(column) - middleX - Double(right)
        let y = Double(row) - middleY - Double(down)
        if mirrors { x = -x }
        let sourceX = turnX * x - turnY * y + middleX + cutX
        let sourceY = turnY * x + turnX * y + middleY + cutY
        let (left, top) = (sourceX.rounded(.down), sourceY.rounded(.down))
        let across = Float(sourceX - left)
        let along = Float(sourceY - top)
        for channel in 0..<channels {
          func pixel(_ row: Int, _ column: Int) -> Float {
            (0..<height).contains(row) && (0..<width).contains(column)
              ? value(channel, row, column) : 0
          }
          let upper =
            pixel(Int(top), Int(left)) * (1 - across) + pixel(Int(top), Int(left) + 1) * across
          let lower =
            pixel(Int(top) + 1, Int(left)) * (1 - across)
            + pixel(Int(top) + 1, Int(left) + 1) * across
          put(upper * (1 - along) + lower * along, row, column, channel)
        }
      }
    }
  }
}
