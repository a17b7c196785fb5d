import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Operators that look at regions: MaxRoiPool, and Resize with `tf_crop_and_resize`.
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
}
