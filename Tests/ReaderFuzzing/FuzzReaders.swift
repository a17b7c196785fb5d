import Glibc
import MRDLCore
import MRDLImages
import MRDLInterchange
import MRDLModel
import MRDLNumerics
import MRDLOperators
import MRDLRuntime

/// Reads files that are damaged at random: every reader must give a model or an error, in bounded time
/// and memory.
///
///     fuzz-readers --seed N [--seconds N] [--first N] [--cases N] [--kind NAME] --directory DIR FILE...
///
/// A case is told by its seed and its number, and repeated by `--seed S --first N --cases 1`. Samples are
/// real files; changes know the structure of their formats, so that they reach past checksums and lengths.
@main
struct FuzzReaders {
  private var seed: UInt64 = 1
  private var seconds = 10
  private var first = 0
  private var caseCount = Int.max
  private var kind: Sample.Kind?
  private var directory = ""
  private var samples: [Sample] = []
  private var counts: [Sample.Kind: (read: Int, refused: Int)] = [:]

  static func main() {
    do {
      var fuzzing = try FuzzReaders(Array(CommandLine.arguments.dropFirst()))
      exit(fuzzing.run() ? 0 : 1)
    } catch {
      Self.complain("fuzz-readers: \(error)")
      exit(64)
    }
  }

  private init(_ arguments: [String]) throws(MRDLError) {
    var index = 0
    func number(_ text: String) throws(MRDLError) -> Int {
      guard let value = Int(text) else {
        throw MRDLError(.badValue, "an option lacks its number", found: text)
      }
      return value
    }
    while index < arguments.count {
      let argument = arguments[index]
      index += 1
      guard argument.hasPrefix("--") else {
        if let sample = try Sample(path: argument) { samples.append(sample) }
        continue
      }
      let value = index < arguments.count ? arguments[index] : ""
      index += 1
      switch argument {
      case "--seed": seed = UInt64(try number(value))
      case "--seconds": seconds = try number(value)
      case "--first": first = try number(value)
      case "--cases": caseCount = try number(value)
      case "--kind": kind = Sample.Kind(rawValue: value)
      case "--directory": directory = value
      default: throw MRDLError(.badValue, "an option is not known", found: argument)
      }
    }
    guard !samples.isEmpty, !directory.isEmpty else {
      throw MRDLError(.badValue, "there are no samples, or no directory to write to")
    }
  }

  /// - Returns: whether all cases went well; one that does not mostly ends the process.
  private mutating func run() -> Bool {
    CaseWatch.start(savingTo: "\(directory)/failed-\(seed)")
    let byKind = Sample.Kind.allCases.map { kind in samples.filter { $0.kind == kind } }
      .filter { !$0.isEmpty && (kind == nil || $0[0].kind == kind) }
    let end = Clock.monotonicNanoseconds + UInt64(seconds) * 1_000_000_000
    var learned = Mutator(numbers: RandomNumbers(seed: seed))
    for sample in samples where sample.kind == .json { learned.learn(sample.bytes) }
    var number = first
    while number - first < caseCount, Clock.monotonicNanoseconds < end {
      var mutator = learned
      mutator.numbers = RandomNumbers(seed: seed, stream: UInt64(number))
      let chosen = byKind[mutator.below(byKind.count)]
      let sample = chosen[mutator.below(chosen.count)]
      let bytes = mutator.mutated(sample.bytes, as: sample.kind)
      let description = "--seed \(seed) --first \(number) --cases 1 (from \(sample.path))"
      let isSmall = CaseWatch.run(description, bytes) {
        let isRead = read(bytes, of: sample)
        counts[sample.kind, default: (0, 0)].read += isRead ? 1 : 0
        counts[sample.kind, default: (0, 0)].refused += isRead ? 0 : 1
      }
      guard isSmall else {
        Self.complain("takes too much memory: \(description)")
        return false
      }
      number += 1
    }
    let parts = Sample.Kind.allCases.compactMap { kind in
      counts[kind].map { "\(kind) \($0.read + $0.refused) (\($0.read) read)" }
    }
    print("seed \(seed), \(number - first) cases: \(parts.joined(separator: ", "))")
    return true
  }

  private static func complain(_ line: String) {
    try? StandardStream.error.write(line + "\n")
  }

  private func write(_ bytes: [UInt8], to path: String) throws(MRDLError) {
    guard let file = fopen(path, "wb") else {
      throw MRDLError(.cannotCreate, "a case cannot be written", at: Place(file: path))
    }
    defer { fclose(file) }
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else {
      throw MRDLError(.writeFailed, "a case cannot be written", at: Place(file: path))
    }
  }

  /// Infers the shapes of a model and makes it ready to run, as every command does that is given it.
  private func use(_ model: Model) throws(MRDLError) {
    model.check(diagnostics: Diagnostics())
    _ = ShapeInference(model, diagnostics: Diagnostics())
    _ = try Program(model)
  }

  /// Whether a file can be read to its last tensor or pixel.
  private func read(_ bytes: [UInt8], of sample: Sample) -> Bool {
    do throws(MRDLError) {
      switch sample.kind {
      case .png, .pnm, .bmp:
        _ = try ImageDecoder.decode(Storage(bytes))
        return true
      default: break
      }
      let suffix = sample.path.split(separator: ".").last ?? ""
      let path = "\(directory)/case-\(seed).\(suffix)"
      try write(bytes, to: path)
      if let weights = sample.weightsPath {
        try use(ArchitectureFile.open(path, weights: weights))
        return true
      }
      switch sample.kind {
      case .json:
        let header = try bytes.withRawBytes { (text) throws(MRDLError) in
          try ModelHeader(decoding: text, diagnostics: Diagnostics())
        }
        try use(header.model)
      case .array: _ = try NPY.decode(Storage(bytes))
      default:
        guard let model = try ModelFile.verify(path, diagnostics: Diagnostics()) else {
          return false
        }
        try use(model)
      }
      return true
    } catch {
      return false
    }
  }
}
