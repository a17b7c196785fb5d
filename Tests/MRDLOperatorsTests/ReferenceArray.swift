import MRDLCore

/// A dense array of f64, walked index by index: what the references of the tests compute on.
struct ReferenceArray: Equatable {
  var shape: [Int]
  var values: [Double]

  init(_ shape: [Int], _ values: [Double]) {
    precondition(shape.reduce(1, *) == values.count)
    self.shape = shape
    self.values = values
  }

  /// The array whose element at each index the closure gives.
  init(_ shape: [Int], _ element: ([Int]) -> Double) {
    self.init(shape, Self.indices(shape).map(element))
  }

  /// Every index of a shape in row-major order.
  static func indices(_ shape: [Int]) -> [[Int]] {
    var result: [[Int]] = [[]]
    for extent in shape { result = result.flatMap { head in (0..<extent).map { head + [$0] } } }
    return result
  }

  subscript(index: [Int]) -> Double {
    precondition(index.count == shape.count)
    var position = 0
    for (axis, value) in index.enumerated() {
      precondition((0..<shape[axis]).contains(value))
      position = position * shape[axis] + value
    }
    return values[position]
  }

  /// The element that stands at an index of a larger shape by the rules of broadcasting.
  func broadcast(_ index: [Int]) -> Double {
    let own = Array(index.suffix(shape.count))
    return self[zip(own, shape).map { $1 == 1 ? 0 : $0 }]
  }
}

/// Numbers that repeat from run to run and have no pattern (SplitMix64).
struct Noise {
  private var state: UInt64

  init(_ seed: UInt64 = 1) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number of -2 to 2 that float32 holds exactly.
  mutating func number() -> Double { Double(Int(next() >> 43) - (1 << 20)) / Double(1 << 19) }

  mutating func array(_ shape: [Int]) -> ReferenceArray {
    ReferenceArray(shape, (0..<shape.reduce(1, *)).map { _ in number() })
  }
}
