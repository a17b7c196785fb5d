internal import MRDLCore
internal import MRDLNumerics
internal import MRDLTraining

/// Samples parted into those to learn from, to validate and to measure, each part in the order of the data.
struct SampleSplit: Sendable, Hashable {
  private(set) var training: [Int] = []
  private(set) var validation: [Int] = []
  private(set) var test: [Int] = []

  /// Parts samples by a seeded order, each class in proportion.
  ///
  /// - Parameters:
  ///   - validationShare: of what is left when the test samples are taken away.
  ///   - classes: the class of a sample, nil for quantities.
  init(
    _ samples: [Int], testShare: Double, validationShare: Double, seed: UInt64,
    classes: ((Int) -> String)?
  ) {
    var numbers = RandomNumbers(seed: seed, stream: RandomStream.split.number)
    let shuffled = numbers.nextPermutation(count: samples.count).map { samples[$0] }
    var groups: [String: [Int]] = [:]
    for sample in shuffled { groups[classes?(sample) ?? "", default: []].append(sample) }
    for group in groups.values {
      let (validationStart, testStart) = Self.borders(group.count, testShare, validationShare)
      training += group[..<validationStart]
      validation += group[validationStart..<testStart]
      test += group[testStart...]
    }
    training.sort()
    validation.sort()
    test.sort()
  }

  /// Parts samples in time: the last ones measure, those before them validate.
  init(inOrder samples: [Int], testShare: Double, validationShare: Double) {
    let (validationStart, testStart) = Self.borders(samples.count, testShare, validationShare)
    training = Array(samples[..<validationStart])
    validation = Array(samples[validationStart..<testStart])
    test = Array(samples[testStart...])
  }

  private static func borders(
    _ count: Int, _ testShare: Double, _ validationShare: Double
  ) -> (validation: Int, test: Int) {
    func border(_ count: Int, _ share: Double) -> Int {
      count - Int((Double(count) * share).rounded())
    }
    let test = border(count, testShare)
    return (border(test, validationShare), test)
  }
}
