public import MRDLCore
internal import MRDLModel

/// ONNX TfIdfVectorizer: how often each n-gram of a pool is met in sequences of whole numbers.
///
/// Input: [C] or [N, C] of i32 or i64. `mode` TF counts, IDF gives the weight of each n-gram that is met,
/// TFIDF counts times weight. Elements of an n-gram may have up to `max_skip_count` others between them, as
/// many between each two. Pools of strings are refused.
public struct TfIdfVectorizer: Operator {
  public static let name = "TfIdfVectorizer"
  public static let inputCount = 1...1

  private enum Mode: String, CaseIterable {
    case counts = "TF"
    case weights = "IDF"
    case weightedCounts = "TFIDF"
  }

  private let mode: Mode
  private let lengths: ClosedRange<Int>
  private let skipLimit: Int
  /// The place in the output of each n-gram.
  private let places: [[Int64]: Int]
  /// By the place in the output.
  private let weights: [Double]
  private let outputCount: Int

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard attributes.node.attributes["mode"] != nil else { throw attributes.missing("mode") }
    mode = try attributes.choice("mode", default: .counts)
    guard let shortest = try attributes.integer("min_gram_length"),
      let longest = try attributes.integer("max_gram_length"),
      let skipLimit = try attributes.integer("max_skip_count"),
      let starts = try attributes.integers("ngram_counts"),
      let indexes = try attributes.integers("ngram_indexes")
    else { throw attributes.missing("min_gram_length, max_gram_length, max_skip_count, …") }
    if try attributes.strings("pool_strings")?.isEmpty == false {
      throw attributes.wrongValue("pool_strings", "strings", "pool_int64s")
    }
    guard let pool = try attributes.integers("pool_int64s") else {
      throw attributes.missing("pool_int64s")
    }
    guard shortest >= 1, longest >= shortest, longest <= 4096, (0...65_536).contains(skipLimit)
    else {
      throw attributes.wrongValue(
        "max_gram_length", "\(shortest) to \(longest)", "a range from 1 on")
    }
    lengths = shortest...longest
    self.skipLimit = skipLimit
    var places: [[Int64]: Int] = [:]
    var number = 0
    for (index, start) in starts.enumerated() {
      let end = index + 1 < starts.count ? starts[index + 1] : pool.count
      let length = index + 1
      guard start >= 0, start <= end, end <= pool.count, (end - start) % length == 0 else {
        throw attributes.wrongValue("ngram_counts", "\(starts)", "where n-grams begin in the pool")
      }
      for first in Swift.stride(from: start, to: end, by: length) {
        guard number < indexes.count, indexes[number] >= 0, indexes[number] < 1 << 30 else {
          throw attributes.wrongValue(
            "ngram_indexes", Quantity.count(indexes.count, "number"), "a place for each n-gram")
        }
        places[pool[first..<(first + length)].map { Int64($0) }] = indexes[number]
        number += 1
      }
    }
    self.places = places
    outputCount = (indexes.max() ?? -1) + 1
    var weights = [Double](repeating: 1, count: outputCount)
    if let given = try attributes.floats("weights") {
      guard given.count == indexes.count else {
        throw attributes.wrongValue(
          "weights", Quantity.count(given.count, "number"), "\(indexes.count)")
      }
      for (index, weight) in zip(indexes, given) { weights[index] = weight }
    }
    self.weights = weights
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try operands.required(0, of: [.int32, .int64])
    guard let shape = try operands.shape(0, rank: 0...2) else { return [ValueFacts(.float32, nil)] }
    return [
      ValueFacts(
        .float32, shape.rank == 2 ? [shape[0], .fixed(outputCount)] : [.fixed(outputCount)])
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let shape = request.inputShape(0)
    return NGramKernel(
      vectorizer: self, rows: shape.rank == 2 ? shape[0] : 1,
      columns: shape.rank == 2 ? shape[1] : shape.elementCount, type: request.inputType(0))
  }

  private struct NGramKernel: Kernel {
    let vectorizer: TfIdfVectorizer
    let rows: Int
    let columns: Int
    let type: ScalarType

    func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
      let input = IndexBuffer(arguments.inputBytes(0), type)
      let output = arguments.output(0, as: Float.self)
      let count = vectorizer.outputCount
      for index in output.indices { output[index] = 0 }
      for row in 0..<rows {
        for length in vectorizer.lengths {
          for skip in 0...(length == 1 ? 0 : vectorizer.skipLimit) {
            let distance = skip + 1
            for first in 0..<max(0, columns - (length - 1) * distance) {
              let gram = (0..<length).map { Int64(input[row * columns + first + $0 * distance]) }
              if let place = vectorizer.places[gram] { output[row * count + place] += 1 }
            }
          }
        }
        for place in 0..<count where output[row * count + place] > 0 {
          let weight = Float(vectorizer.weights[place])
          switch vectorizer.mode {
          case .counts: break
          case .weights: output[row * count + place] = weight
          case .weightedCounts: output[row * count + place] *= weight
          }
        }
      }
    }
  }
}
