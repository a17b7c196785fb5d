import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct ResizeTests {
  static let coordinates = [
    "half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric",
  ]

  /// The weights of one output position, written down from the text of ONNX.
  static func weights(
    _ index: Int, from old: Int, to new: Int, scale: Double, mode: String, coordinates: String,
    rounding: String = "round_prefer_floor", a: Double = -0.75, antialias: Bool = false,
    excludesOutside: Bool = false
  ) -> [Double] {
    if old == new && scale == 1 { return (0..<old).map { $0 == index ? 1 : 0 } }
    var x = (Double(index) + 0.5) / scale - 0.5
    switch coordinates {
    case "half_pixel_symmetric":
      x += Double(old) / 2 * (1 - Double(new) / (scale * Double(old)))
    case "pytorch_half_pixel": x = new > 1 ? x : 0
    case "align_corners":
      // The length is that which the scale asks for: see `fractionalLengths`.
      let length = Double(Float(scale) * Float(old))
      x = new > 1 ? Double(index * (old - 1)) / (length - 1) : 0
    case "asymmetric": x = Double(index) / scale
    default: break
    }
    var result = [Double](repeating: 0, count: old)
    if mode == "nearest" {
      let below = x.rounded(.down)
      let position =
        switch rounding {
        case "floor": below
        case "ceil": x.rounded(.up)
        case "round_prefer_ceil": x - below >= 0.5 ? below + 1 : below
        default: x - below > 0.5 ? below + 1 : below
        }
      result[min(max(Int(position), 0), old - 1)] = 1
      return result
    }
    let shrink = antialias ? min(scale, 1) : 1
    var total = 0.0
    for position in -4 * old - 40..<5 * old + 40 {
      let distance = ((Double(position) - x) * shrink).magnitude
      var weight = 0.0
      if mode == "linear" {
        weight = max(0, 1 - distance)
      } else if distance <= 1 {
        weight = (a + 2) * distance * distance * distance - (a + 3) * distance * distance + 1
      } else if distance < 2 {
        weight =
          a * distance * distance * distance - 5 * a * distance * distance + 8 * a * distance
          - 4 * a
      }
      if excludesOutside && !(0..<old).contains(position) { continue }
      result[min(max(position, 0), old - 1)] += weight
      total += weight
    }
    return antialias || excludesOutside ? result.map { $0 / total } : result
  }

  /// The sum over all elements, weighted along each axis.
  static func reference(
    _ x: ReferenceArray, to extents: [Int], _ weights: (_ axis: Int, _ index: Int) -> [Double]
  ) -> ReferenceArray {
    let tables = extents.indices.map { axis in (0..<extents[axis]).map { weights(axis, $0) } }
    let indices = ReferenceArray.indices(x.shape)
    return ReferenceArray(extents) { index in
      var sum = 0.0
      for (position, value) in zip(indices, x.values) {
        var weight = 1.0
        for axis in index.indices where weight != 0 {
          weight *= tables[axis][index[axis]][position[axis]]
        }
        if weight != 0 { sum += weight * value }
      }
      return sum
    }
  }

  static let sizes: [(old: [Int], new: [Int])] = [
    ([1, 2, 4, 5], [1, 2, 7, 9]), ([1, 1, 7, 6], [1, 1, 3, 2]), ([2, 5, 3, 1], [2, 9, 2, 4]),
    ([6], [1]), ([1], [5]), ([3, 4], [3, 8]), ([4, 4], [4, 4]), ([2, 9, 3], [2, 4, 3]),
  ]

  @Test(arguments: ["nearest", "linear", "cubic"], coordinates)
  func bySizes(mode: String, coordinates: String) throws {
    var noise = Noise(71)
    for (old, new) in Self.sizes {
      let x = noise.array(old)
      for antialias in mode == "nearest" ? [false] : [false, true] {
        for excludesOutside in mode == "cubic" ? [false, true] : [false] {
          let expected = Self.reference(x, to: new) { axis, index in
            Self.weights(
              index, from: old[axis], to: new[axis], scale: Double(new[axis]) / Double(old[axis]),
              mode: mode, coordinates: coordinates, a: -0.5, antialias: antialias,
              excludesOutside: excludesOutside)
          }
          let attributes: [String: AttributeValue] = [
            "mode": .string(mode), "coordinate_transformation_mode": .string(coordinates),
            "antialias": .integer(antialias ? 1 : 0), "cubic_coeff_a": .float(-0.5),
            "exclude_outside": .integer(excludesOutside ? 1 : 0),
          ]
          for type in realTypes {
            let found = try run(
              "Resize", attributes,
              [Tensor(x, type), nil, nil, Tensor(new.map { Int64($0) })])
            expect(
              found[0], is: expected, tolerance: type == .float32 ? 5e-6 : 1e-12,
              "\(old) to \(new), antialias \(antialias)")
          }
        }
      }
    }
  }

  @Test(arguments: ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil"], coordinates)
  func nearest(rounding: String, coordinates: String) throws {
    let x = ReferenceArray([3, 8], (0..<24).map { Double($0) })
    for scales in [[2, 0.5], [1, 2], [0.7, 1.4], [1.4, 0.6]] as [[Float]] {
      let new = zip(x.shape, scales).map { Int((Float($0) * $1).rounded(.down)) }
      let expected = Self.reference(x, to: new) { axis, index in
        Self.weights(
          index, from: x.shape[axis], to: new[axis], scale: Double(scales[axis]), mode: "nearest",
          coordinates: coordinates, rounding: rounding)
      }
      let attributes: [String: AttributeValue] = [
        "nearest_mode": .string(rounding), "coordinate_transformation_mode": .string(coordinates),
      ]
      for type in [ScalarType.int8, .float16, .float32, .int64] {
        let found = try run("Resize", attributes, [Tensor(x, type), nil, Tensor(scales)])
        expect(found[0], is: expected, "\(scales)")
      }
    }
  }

  /// The numbers stand in ONNX's documentation of Resize, computed there by its reference implementation.
  @Test func documentedExamples() throws {
    let square = ReferenceArray([1, 1, 4, 4], (1...16).map { Double($0) })
    let two = ReferenceArray([1, 1, 2, 2], [1, 2, 3, 4])
    let wide = ReferenceArray([1, 1, 2, 4], (1...8).map { Double($0) })
    let cases: [(ReferenceArray, [String: AttributeValue], [Float], [Double])] = [
      (
        two, ["mode": .string("linear")], [1, 1, 2, 2],
        [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4]
      ),
      (wide, ["mode": .string("linear")], [1, 1, 0.6, 0.6], [2.6666665, 4.3333331]),
      (
        square, ["mode": .string("linear"), "antialias": .integer(1)], [1, 1, 0.6, 0.6],
        [2.875, 4.5, 9.375, 11]
      ),
      (
        square, ["mode": .string("cubic"), "antialias": .integer(1)], [1, 1, 0.6, 0.6],
        [2.5180721, 4.2858863, 9.589329, 11.357142]
      ),
      (wide, ["mode": .string("nearest")], [1, 1, 0.6, 0.6], [1, 3]),
    ]
    for (x, attributes, scales, expected) in cases {
      let found = try run("Resize", attributes, [Tensor(x, .float32), nil, Tensor(scales)])[0]
      #expect(found.elementCount == expected.count)
      for (value, wanted) in zip(found.numbers, expected) {
        #expect((value - wanted).magnitude < 2e-6, "\(attributes)")
      }
    }
    let cubic = try run(
      "Resize", ["mode": .string("cubic")],
      [Tensor(square, .float32), nil, Tensor([Float(1), 1, 2, 2])])[0]
    for (value, wanted) in zip(
      cubic.numbers,
      [0.47265625, 0.76953125, 1.24609375, 1.875, 2.28125, 2.91015625, 3.38671875, 3.68359375])
    {
      #expect((value - wanted).magnitude < 1e-6)
    }
  }

  /// Corners of a length that is not whole, and of one that float32 makes almost whole. The numbers
  /// come from `onnx.reference.ReferenceEvaluator` (onnx 1.23), the last ones, where that loses a unit of
  /// float32, from onnxruntime.
  @Test func fractionalLengths() throws {
    let five = ReferenceArray([5], [0, 1, 2, 3, 4])
    let wide = ReferenceArray([4], [1, 2, 3, 4])
    let cases: [(ReferenceArray, String, Float, [Double])] = [
      (wide, "linear", 0.6, [1, 3.142857]),
      (
        five, "linear", 1.5,
        [0, 0.61538464, 1.2307693, 1.8461539, 2.4615386, 3.0769231, 3.6923077]
      ),
      (five, "linear", 0.7, [0, 1.6, 3.2]),
      (five, "nearest", 2.2, [0, 0, 0, 1, 1, 2, 2, 2, 3, 3, 4]),
    ]
    for (x, mode, scale, expected) in cases {
      let found = try run(
        "Resize",
        [
          "mode": .string(mode), "coordinate_transformation_mode": .string("align_corners"),
          "nearest_mode": .string("floor"),
        ], [Tensor(x, .float32), nil, Tensor([scale])])[0]
      expect(found, is: ReferenceArray([expected.count], expected), "\(mode) \(scale)")
    }
  }

  @Test func aspectPolicies() throws {
    let sizes: [Int: [Int64]] = [3: [7, 8]]
    func attributes(_ policy: String) -> [String: AttributeValue] {
      ["keep_aspect_ratio_policy": .string(policy), "axes": .integers([2, 3])]
    }
    let x: SymbolicShape = ["N", 3, 2, 4]
    #expect(try shape("Resize", attributes("stretch"), [x], constants: sizes) == ["N", 3, 7, 8])
    #expect(try shape("Resize", attributes("not_larger"), [x], constants: sizes) == ["N", 3, 4, 8])
    #expect(
      try shape("Resize", attributes("not_smaller"), [x], constants: sizes) == ["N", 3, 7, 14])
    #expect(
      try shape("Resize", attributes("not_larger"), [["N", 3, 2, "W"]], constants: sizes)
        == ["N", 3, .unknown, .unknown])
    // 3.5 elements in a row become 14 of 14/4 = 3.5 times as many.
    let image = ReferenceArray([1, 1, 2, 4], (0..<8).map { Double($0) })
    let found = try run(
      "Resize", attributes("not_smaller").merging(["mode": .string("linear")]) { $1 },
      [Tensor(image, .float64), nil, nil, Tensor([Int64(7), 8])])
    let expected = Self.reference(image, to: [1, 1, 7, 14]) { axis, index in
      Self.weights(
        index, from: image.shape[axis], to: [1, 1, 7, 14][axis], scale: axis < 2 ? 1 : 3.5,
        mode: "linear", coordinates: "half_pixel")
    }
    expect(found[0], is: expected)
  }

  @Test func inference() throws {
    let x = ValueFacts(.float32, ["N", 3, 10, "W"])
    let scales = ValueFacts(constant: Tensor([Float(1), 1, 1.4, 2]))
    #expect(try infer("Resize", [:], [x, nil, scales])[0].shape == ["N", 3, 14, .unknown])
    // In float32, 1.4 · 5 is 7.
    #expect(
      try infer(
        "Resize", [:],
        [ValueFacts(.float32, [5]), nil, ValueFacts(constant: Tensor([Float(1.4)]))])[0].shape
        == [7])
    let later = ValueFacts(.int64, [4])
    #expect(
      try infer("Resize", [:], [x, nil, nil, later])[0].shape
        == [.unknown, .unknown, .unknown, .unknown])
    // Inputs without elements are left out.
    let none = ValueFacts(constant: Tensor([Float]()))
    let sizes = ValueFacts(constant: Tensor([Int64(2), 3, 5, 5]))
    #expect(try infer("Resize", [:], [x, none, none, sizes])[0].shape == [2, 3, 5, 5])
    expectError(.wrongInputCount) { try infer("Resize", [:], [x]) }
    expectError(.wrongInputCount) { try infer("Resize", [:], [x, nil, scales, sizes]) }
    for bad: [Float] in [
      [0, 1, 1, 1], [1, -1, 1, 1], [1, .nan, 1, 1], [1, 1, 1e30, 1], [1, 1],
    ] {
      expectError(.shapeMismatch) {
        try infer("Resize", [:], [x, nil, ValueFacts(constant: Tensor(bad))])
      }
    }
    expectError(.shapeMismatch) {
      try infer("Resize", [:], [x, nil, nil, ValueFacts(constant: Tensor([Int64(1), 3, -5, 5]))])
    }
    expectError(.shapeMismatch) {
      try infer(
        "Resize", [:],
        [ValueFacts(.float32, [0]), nil, nil, ValueFacts(constant: Tensor([Int64(2)]))])
    }
    for attributes: [String: AttributeValue] in [
      ["coordinate_transformation_mode": .string("tf_crop_and_resize"), "antialias": .integer(1)],
      ["mode": .string("area")], ["nearest_mode": .string("up")],
    ] {
      expectError(.badAttribute) { try makeOperator("Resize", attributes, inputs: 3) }
    }
    expectError(.badAttribute) {
      try infer("Resize", ["keep_aspect_ratio_policy": .string("not_larger")], [x, nil, scales])
    }
    expectError(.unsupportedScalarType) {
      try run(
        "Resize", ["mode": .string("linear")], [Tensor([UInt8(1)]), nil, Tensor([Float(2)])])
    }
  }

  @Test func emptyTensors() throws {
    let found = try run(
      "Resize", ["mode": .string("linear")], [Tensor(zeros: [0, 3]), nil, Tensor([Float(1), 2])])
    #expect(found[0].shape == [0, 6])
  }
}
