import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

struct DeformConvTests {
  /// Sizes of a case: input, filters, kernel, groups, groups of offsets, strides, border and dilation.
  struct Case: Sendable {
    var input: [Int]
    var filters: Int
    var kernel: [Int]
    var group = 1
    var offsetGroup = 1
    var stride = 1
    var pad = 0
    var dilation = 1

    var output: [Int] {
      zip(input[2...], kernel).map { ($0 + 2 * pad - (($1 - 1) * dilation + 1)) / stride + 1 }
    }

    var attributes: [String: AttributeValue] {
      let axes = kernel.count
      func list(_ value: Int) -> AttributeValue {
        .integers([Int64](repeating: Int64(value), count: axes))
      }
      return [
        "group": .integer(Int64(group)), "offset_group": .integer(Int64(offsetGroup)),
        "strides": list(stride), "dilations": list(dilation),
        "pads": .integers([Int64](repeating: Int64(pad), count: 2 * axes)),
      ]
    }
  }

  static let cases: [Case] = [
    Case(input: [1, 1, 3, 3], filters: 1, kernel: [2, 2]),
    Case(input: [2, 4, 5, 6], filters: 6, kernel: [3, 2], group: 2, offsetGroup: 2, pad: 1),
    Case(input: [1, 2, 7, 6], filters: 3, kernel: [2, 2], stride: 2, pad: 1, dilation: 2),
    Case(input: [2, 2, 7], filters: 3, kernel: [3], pad: 1),
    Case(input: [1, 2, 3, 4, 3], filters: 2, kernel: [2, 2, 1]),
  ]

  /// The element at a point, by linear interpolation; zero outside.
  private func sample(_ x: ReferenceArray, _ head: [Int], _ point: [Double]) -> Double {
    var sum = 0.0
    for corner in ReferenceArray.indices(point.map { _ in 2 }) {
      let place = zip(point, corner).map { Int($0.rounded(.down)) + $1 }
      guard zip(place, x.shape.suffix(place.count)).allSatisfy({ (0..<$1).contains($0) }) else {
        continue
      }
      let weight = zip(point, place).reduce(1.0) { $0 * (1 - abs($1.0 - Double($1.1))) }
      sum += weight * x[head + place]
    }
    return sum
  }

  @Test(arguments: cases, [false, true])
  func agreesWithReference(_ test: Case, hasMask: Bool) throws {
    var noise = Noise(3)
    let taps = test.kernel.reduce(1, *)
    let axes = test.kernel.count
    let x = noise.array(test.input)
    let seen = test.input[1] / test.group
    let w = noise.array([test.filters, seen] + test.kernel)
    let head = [test.input[0]]
    let offsets = noise.array(head + [test.offsetGroup * taps * axes] + test.output)
    let mask = noise.array(head + [test.offsetGroup * taps] + test.output)
    let bias = noise.array([test.filters])
    let places = ReferenceArray.indices(test.kernel)
    let expected = ReferenceArray(head + [test.filters] + test.output) { index in
      var sum = bias.values[index[1]]
      let first = index[1] / (test.filters / test.group) * seen
      for channel in first..<(first + seen) {
        let part = channel / (test.input[1] / test.offsetGroup)
        for (tap, place) in places.enumerated() {
          let point = (0..<axes).map { axis in
            Double(index[2 + axis] * test.stride - test.pad + place[axis] * test.dilation)
              + offsets[[index[0], (part * taps + tap) * axes + axis] + index[2...]]
          }
          let weight = hasMask ? mask[[index[0], part * taps + tap] + index[2...]] : 1
          sum +=
            weight * w[[index[1], channel - first] + place]
            * sample(x, [index[0], channel], point)
        }
      }
      return sum
    }
    for type in [ScalarType.float32, .float64, .float16] {
      let inputs = [x, w, offsets, bias].map { Tensor($0, type) as Tensor? }
      let found = try run(
        "DeformConv", test.attributes, inputs + (hasMask ? [Tensor(mask, type)] : []))[0]
      if type == .float16 { continue }
      expect(found, is: expected, tolerance: type == .float64 ? 1e-10 : 1e-4)
    }
  }

  @Test func shapesThatDoNotFitAreRefused() {
    let x = ValueFacts(.float32, [1, 4, 5, 5])
    let w = ValueFacts(.float32, [2, 4, 3, 3])
    expectError(.shapeMismatch) {
      try infer("DeformConv", [:], [x, w, ValueFacts(.float32, [1, 17, 3, 3])])
    }
    expectError(.badAttribute) {
      try infer(
        "DeformConv", ["offset_group": .integer(3)], [x, w, ValueFacts(.float32, [1, 54, 3, 3])])
    }
  }
}
