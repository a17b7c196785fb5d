import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Operators that look at regions: MaxRoiPool, RoiAlign, and Resize with `tf_crop_and_resize`.
struct RegionTests {
  @Test func largestOfRegions() throws {
    let x = ReferenceArray([2, 2, 6, 6]) { Double($0[0] * 100 + $0[1] * 50 + $0[2] * 6 + $0[3]) }
    // A whole picture, a part, one that reaches outside, and one without elements.
    let regions = ReferenceArray(
      [4, 5], [0, 0, 0, 5, 5, 1, 1, 2, 4, 5, 0, 4, 4, 9, 9, 1, 20, 20, 25, 25])
    let expected = ReferenceArray([4, 2, 2, 2]) { index in
      let start: [(low: [Int], high: [Int])] =
        switch index[0] {
        case 0: [([0, 0], [2, 2]), ([0, 3], [2, 5]), ([3, 0], [5, 2]), ([3, 3], [5, 5])]
        case 1: [([2, 1], [3, 2]), ([2, 3], [3, 4]), ([4, 1], [5, 2]), ([4, 3], [5, 4])]
        case 2: [([4, 4], [5, 5]), ([9, 9], [0, 0]), ([9, 9], [0, 0]), ([9, 9], [0, 0])]
        default: []
        }
      guard index[0] < 3 else { return 0 }
      let cell = start[index[2] * 2 + index[3]]
      guard cell.low[0] <= cell.high[0] else { return 0 }
      return x[[index[0] == 1 ? 1 : 0, index[1], cell.high[0], cell.high[1]]]
    }
    for type in [ScalarType.float32, .float64] {
      let found = try run(
        "MaxRoiPool", ["pooled_shape": .integers([2, 2])], [Tensor(x, type), Tensor(regions, type)])
      expect(found[0], is: expected)
    }
    expectError(.operatorFailed) {
      try run(
        "MaxRoiPool", ["pooled_shape": .integers([1, 1])],
        [Tensor(x, .float32), Tensor(ReferenceArray([1, 5], [2, 0, 0, 1, 1]), .float32)])
    }
  }

  /// The whole of each axis is what `align_corners` shows.
  @Test(arguments: ["linear", "cubic"])
  func wholeRegion(_ mode: String) throws {
    var noise = Noise(5)
    let x = Tensor(noise.array([1, 2, 5, 4]), .float32)
    let sizes = Tensor([Int64(1), 2, 7, 6])
    let whole = Tensor([0, 0, 0, 0, 1, 1, 1, 1] as [Float])
    let cropped = try run(
      "Resize",
      ["mode": .string(mode), "coordinate_transformation_mode": .string("tf_crop_and_resize")],
      [x, whole, nil, sizes])[0]
    let aligned = try run(
      "Resize",
      ["mode": .string(mode), "coordinate_transformation_mode": .string("align_corners")],
      [x, nil, nil, sizes])[0]
    for (a, b) in zip(cropped.elements(as: Float.self), aligned.elements(as: Float.self)) {
      #expect(abs(a - b) < 1e-5)
    }
  }

  @Test func regionThatReachesOutside() throws {
    let x = Tensor([0, 1, 2, 3, 4] as [Float])
    let found = try run(
      "Resize",
      [
        "mode": .string("linear"), "coordinate_transformation_mode": .string("tf_crop_and_resize"),
        "extrapolation_value": .float(-7),
      ], [x, Tensor([0.5, 1.5] as [Float]), nil, Tensor([Int64(5)])])[0]
    #expect(found.elements(as: Float.self) == [2, 3, 4, -7, -7])
  }

  struct AlignCase: Sendable, CustomTestStringConvertible {
    let mode: String
    let coordinates: String
    let samplingRatio: Int
    let type: ScalarType
    var testDescription: String { "\(mode), \(coordinates), \(samplingRatio), \(type)" }

    static let all: [AlignCase] = ["avg", "max"].flatMap { mode in
      ["half_pixel", "output_half_pixel"].flatMap { coordinates in
        [0, 1, 2, 5].flatMap { ratio in
          realTypes.map {
            AlignCase(mode: mode, coordinates: coordinates, samplingRatio: ratio, type: $0)
          }
        }
      }
    }
  }

  @Test(arguments: AlignCase.all) func alignedRegions(_ c: AlignCase) throws {
    var noise = Noise(11)
    let x = noise.array([2, 3, 9, 30])
    // Parts, one that reaches outside, tiny, turned, wide, wholly outside ones and one without extent.
    let regions = ReferenceArray(
      [8, 4],
      [
        1, 2, 17, 12, -9, -5, 70, 30, 10.25, 4.5, 10.75, 5, 30, 14, 6, 3, 0, 0, 60, 18,
        200, 200, 230, 220, 4, 4, 4, 4, 57, 15, 62, 19,
      ])
    let pictures = [Int64(0), 1, 1, 0, 0, 1, 1, 0]
    let (height, width, scale) = (3, 2, 0.5)
    let shift = c.coordinates == "half_pixel" ? 0.5 : 0
    func sample(_ index: [Int], _ py: Double, _ px: Double) -> (sum: Double, largest: Double) {
      guard py >= -1, py <= 9, px >= -1, px <= 30 else { return (0, 0) }
      func corners(_ place: Double, _ extent: Int) -> [(Int, Double)] {
        let low = Int(max(place, 0))
        if low >= extent - 1 { return [(extent - 1, 1)] }
        let part = max(place, 0) - Double(low)
        return [(low, 1 - part), (low + 1, part)]
      }
      var (sum, largest) = (0.0, -Double.infinity)
      for (row, v) in corners(py, 9) {
        for (column, h) in corners(px, 30) {
          let product = v * h * x[[Int(pictures[index[0]]), index[1], row, column]]
          sum += product
          largest = max(largest, product)
        }
      }
      // A pixel on the last row or column is seen twice, once with a weight of 0.
      if corners(py, 9).count * corners(px, 30).count < 4 { largest = max(largest, 0) }
      return (sum, largest)
    }
    let expected = ReferenceArray([8, 3, height, width]) { index in
      func corner(_ k: Int) -> Double { regions[[index[0], k]] * scale - shift }
      var (spanX, spanY) = (corner(2) - corner(0), corner(3) - corner(1))
      if shift == 0 { (spanX, spanY) = (max(spanX, 1), max(spanY, 1)) }
      let (cellX, cellY) = (spanX / Double(width), spanY / Double(height))
      func count(_ cell: Double) -> Int {
        c.samplingRatio > 0 ? c.samplingRatio : Int(max(0, cell.rounded(.up)))
      }
      var samples: [(sum: Double, largest: Double)] = []
      for v in 0..<count(cellY) {
        for h in 0..<count(cellX) {
          let down = Double(index[2]) + (Double(v) + 0.5) / Double(count(cellY))
          let across = Double(index[3]) + (Double(h) + 0.5) / Double(count(cellX))
          samples.append(sample(index, corner(1) + down * cellY, corner(0) + across * cellX))
        }
      }
      if samples.isEmpty { return 0 }
      if c.mode == "max" { return samples.map(\.largest).max() ?? 0 }
      return samples.map(\.sum).reduce(0, +) / Double(samples.count)
    }
    let found = try run(
      "RoiAlign",
      [
        "mode": .string(c.mode), "coordinate_transformation_mode": .string(c.coordinates),
        "sampling_ratio": .integer(Int64(c.samplingRatio)), "spatial_scale": .float(scale),
        "output_height": .integer(Int64(height)), "output_width": .integer(Int64(width)),
      ], [Tensor(x, c.type), Tensor(regions, c.type), Tensor(pictures)])
    expect(found[0], is: expected)
  }

  /// Pixels that no sample sees count for nothing, whatever they hold.
  @Test func pixelsBetweenSamplesAreNotRead() throws {
    var noise = Noise(3)
    var x = noise.array([1, 1, 8, 64])
    let attributes: [String: AttributeValue] = [
      "coordinate_transformation_mode": .string("output_half_pixel"),
      "sampling_ratio": .integer(1), "output_height": .integer(1), "output_width": .integer(2),
    ]
    let region = Tensor([0, 0, 60, 8] as [Float], shape: [1, 4])
    let plain = try run("RoiAlign", attributes, [Tensor(x, .float32), region, Tensor([Int64(0)])])
    for column in [0, 14, 17, 44, 47, 63] { x.values[4 * 64 + column] = .nan }
    let found = try run("RoiAlign", attributes, [Tensor(x, .float32), region, Tensor([Int64(0)])])
    #expect(found[0].bytes == plain[0].bytes)
  }
}
