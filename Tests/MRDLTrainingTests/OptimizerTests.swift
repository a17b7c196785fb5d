import CMRDLKernels
import MRDLCore
import MRDLModel
import MRDLNumerics
import MRDLTraining
import Testing

/// The kernels of the optimizers against their published formulas in double precision, step by step, for
/// every instruction set that this processor has.
@Suite struct OptimizerTests {
  static let tables: [mrdl_isa] = [
    MRDL_ISA_SCALAR, MRDL_ISA_SSE2, MRDL_ISA_AVX2, MRDL_ISA_AVX512, MRDL_ISA_NEON,
  ].filter { mrdl_training_kernels_for($0) != nil }

  static let counts = [0, 1, 3, 7, 8, 9, 16, 17, 100]

  /// One weight as the papers have it.
  struct Scalar {
    var weight: Double
    var first = 0.0
    var second = 0.0
    var step = 0.0
  }

  /// The slope with its penalties, and the weight after decoupled decay.
  static func slope(_ gradient: Double, _ weight: Double) -> Double {
    let scaled = min(max(gradient * terms.scale, -terms.bound), terms.bound)
    let sign = weight > 0 ? 1.0 : weight < 0 ? -1.0 : 0.0
    return scaled + terms.l1 * sign + terms.l2 * weight
  }

  static let terms = mrdl_f64_gradient_terms(
    scale: 0.7, bound: 0.6, l1: 0.01, l2: 0.02, shrinkage: 0.003)

  enum Rule: String, CaseIterable {
    case descent, momentum, nesterov, adaGrad, rmsProp, rmsPropWithMomentum, adam

    func expected(_ old: Scalar, gradient: Double) -> Scalar {
      var new = old
      let g = OptimizerTests.slope(gradient, old.weight)
      let kept = old.weight * (1 - OptimizerTests.terms.shrinkage)
      new.step += 1
      switch self {
      case .descent: new.weight = kept - 0.1 * g
      case .momentum:
        new.first = 0.9 * old.first - 0.1 * g
        new.weight = kept + new.first
      case .nesterov:
        new.first = 0.9 * old.first - 0.1 * g
        new.weight = kept + 0.9 * new.first - 0.1 * g
      case .adaGrad:
        new.first = old.first + g * g
        new.weight = kept - 0.1 * g / (new.first.squareRoot() + 1e-6)
      case .rmsProp, .rmsPropWithMomentum:
        new.first = 0.95 * old.first + 0.05 * g * g
        let mu = self == .rmsProp ? 0 : 0.8
        new.second = mu * old.second + 0.1 * g / (new.first.squareRoot() + 1e-6)
        new.weight = kept - new.second
      case .adam:
        new.first = 0.9 * old.first + 0.1 * g
        new.second = 0.99 * old.second + 0.01 * g * g
        let mean = new.first / (1 - power(0.9, new.step))
        let square = new.second / (1 - power(0.99, new.step))
        new.weight = kept - 0.1 * mean / (square.squareRoot() + 1e-6)
      }
      return new
    }

    func run(
      _ table: mrdl_f64_training_kernels, step: Int, _ gradient: [Double], _ first: inout [Double],
      _ second: inout [Double], _ weights: inout [Double]
    ) {
      let count = weights.count
      var terms = OptimizerTests.terms
      first.withUnsafeMutableBufferPointer { first in
        second.withUnsafeMutableBufferPointer { second in
          weights.withUnsafeMutableBufferPointer { weights in
            gradient.withUnsafeBufferPointer { gradient in
              guard let g = gradient.baseAddress, let m = first.baseAddress,
                let n = second.baseAddress, let w = weights.baseAddress
              else { return }
              switch self {
              case .descent: table.descent_step(count, &terms, 0.1, g, w)
              case .momentum: table.momentum_step(count, &terms, 0.1, 0.9, 0, g, m, w)
              case .nesterov: table.momentum_step(count, &terms, 0.1, 0.9, 1, g, m, w)
              case .adaGrad: table.ada_grad_step(count, &terms, 0.1, 1e-6, g, m, w)
              case .rmsProp: table.rms_prop_step(count, &terms, 0.1, 0.95, 1e-6, 0, g, m, nil, w)
              case .rmsPropWithMomentum:
                table.rms_prop_step(count, &terms, 0.1, 0.95, 1e-6, 0.8, g, m, n, w)
              case .adam:
                table.adam_step(
                  count, &terms, 0.1, 0.9, 0.99, 1e-6, 1 - power(0.9, Double(step)),
                  1 - power(0.99, Double(step)), g, m, n, w)
              }
            }
          }
        }
      }
    }
  }

  @Test(arguments: Rule.allCases, counts)
  func publishedFormula(rule: Rule, count: Int) throws {
    for isa in Self.tables {
      let table = try #require(mrdl_training_kernels_for(isa)).pointee.f64.pointee
      var numbers = RandomNumbers(seed: UInt64(count))
      var expected = (0..<count).map { index in
        Scalar(weight: index == 3 ? 0 : numbers.nextUniform(from: -1, to: 1))
      }
      var weights = expected.map(\.weight)
      // Never of length 0, so that there is an address.
      var first = [Double](repeating: 0, count: count + 1)
      var second = first
      for step in 1...6 {
        let gradient = (0...count).map { _ in numbers.nextUniform(from: -1, to: 1) }
        for index in 0..<count {
          expected[index] = rule.expected(expected[index], gradient: gradient[index])
        }
        rule.run(table, step: step, gradient, &first, &second, &weights)
        for index in 0..<count {
          #expect(abs(weights[index] - expected[index].weight) < 1e-13)
        }
      }
      #expect(first[count] == 0 && second[count] == 0)
    }
  }

  /// The float32 kernels follow those of float64.
  @Test(arguments: counts)
  func singlePrecision(count: Int) throws {
    for isa in Self.tables {
      let kernels = try #require(mrdl_training_kernels_for(isa)).pointee
      var numbers = RandomNumbers(seed: 3)
      var wide = (0..<count + 1).map { _ in Double(Float(numbers.nextUniform(from: -1, to: 1))) }
      var narrow = wide.map { Float($0) }
      var (m, n) = (
        [Double](repeating: 0, count: count + 1), [Double](repeating: 0, count: count + 1)
      )
      var (p, q) = (m.map { Float($0) }, n.map { Float($0) })
      var wideTerms = Self.terms
      var narrowTerms = mrdl_f32_gradient_terms(
        scale: 0.7, bound: 0.6, l1: 0.01, l2: 0.02, shrinkage: 0.003)
      for _ in 0..<4 {
        let gradient = wide.map { _ in Double(Float(numbers.nextUniform(from: -1, to: 1))) }
        let single = gradient.map { Float($0) }
        kernels.f64.pointee.adam_step(
          count, &wideTerms, 0.1, 0.9, 0.99, 1e-6, 0.1, 0.01, gradient, &m, &n, &wide)
        kernels.f32.pointee.adam_step(
          count, &narrowTerms, 0.1, 0.9, 0.99, 1e-6, 0.1, 0.01, single, &p, &q, &narrow)
        kernels.f64.pointee.momentum_step(
          count, &wideTerms, 0.1, 0.9, 1, gradient, &m, &wide)
        kernels.f32.pointee.momentum_step(
          count, &narrowTerms, 0.1, 0.9, 1, single, &p, &narrow)
      }
      for index in 0..<count { #expect(abs(Double(narrow[index]) - wide[index]) < 2e-5) }
    }
  }

  /// Dropped elements are those whose word of the stream lies below the threshold.
  @Test(arguments: [1, 4, 63, 64, 65, 1000])
  func droppedElements(count: Int) throws {
    let stream: UInt64 = 4 << 56 | 5 << 40 | 77
    let numbers = RandomNumbers(seed: 9, stream: stream)
    let first = 8192
    for isa in Self.tables {
      let kernels = try #require(mrdl_training_kernels_for(isa)).pointee
      let values = [Float](repeating: 1, count: count)
      var result = values
      kernels.f32.pointee.dropout(
        count, 9, stream, UInt64(first), 1 << 30, 4 / 3, values, &result)
      for index in 0..<count {
        let word = numbers.words(at: UInt64((first + index) / 4))[(first + index) % 4]
        #expect(result[index] == (word >= 1 << 30 ? Float(4) / 3 : 0))
      }
    }
  }
}

/// The courses of the learning rate against their formulas.
@Suite struct LearningRateTests {
  @Test func courses() {
    func rates(_ rate: LearningRate) -> [Double] {
      (0..<8).map { rate.rate(step: $0, epochStepCount: 2, epochCount: 4) }
    }
    #expect(rates(LearningRate(0.5)) == Array(repeating: 0.5, count: 8))
    #expect(
      rates(LearningRate(1, course: .step(epochCount: 2, factor: 0.1)))
        == [1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1])
    #expect(
      rates(LearningRate(1, course: .exponential(factor: 0.5)))
        == [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125])
    let cosine = rates(LearningRate(2, course: .cosine(floor: 0.1)))
    for (step, rate) in cosine.enumerated() {
      let wave = (1 + cos(halfTurns: Double(step) / 8)) / 2
      #expect(abs(rate - 2 * (0.1 + 0.9 * wave)) < 1e-12)
    }
    #expect(
      rates(LearningRate(1, course: .constant, warmUpEpochs: 2))
        == [0.25, 0.5, 0.75, 1, 1, 1, 1, 1])
  }

  @Test func plateauFallsToItsFloor() {
    let rate = LearningRate(1, course: .plateau(factor: 0.5, patience: 1, floor: 0.2))
    let rates = (0..<4).map {
      rate.rate(step: 0, epochStepCount: 1, epochCount: 1, plateauCount: $0)
    }
    #expect(rates == [1, 0.5, 0.25, 0.2])
  }

  /// cos(πx) by the series of Taylor, far enough.
  private func cos(halfTurns x: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for index in 1..<20 {
      term *= -(x * .pi) * (x * .pi) / Double((2 * index - 1) * (2 * index))
      sum += term
    }
    return sum
  }
}
