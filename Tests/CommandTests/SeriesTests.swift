import Foundation
import MRDLCore
import MRDLInterchange
import MRDLModel
import Testing

/// Training on series, by the commands.
struct SeriesTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  private func write(_ text: String, _ name: String) throws -> String {
    try work.write(Array(text.utf8), name)
  }

  /// Series of two channels: in one class the first channel rises, in the other one it falls. The second one tells
  /// nothing, and is a hundred times as large.
  private func collection(_ count: Int, lengths: (Int) -> Int, salt: Int) -> String {
    var text = "@problemName Slopes\n@classLabel true up down\n@data\n"
    for index in 0..<count {
      let length = lengths(index)
      let rises = index.isMultiple(of: 2)
      let first = (0..<length).map { step in
        let way = Double(rises ? step : length - 1 - step) / Double(length)
        return "\(way + Double((index * 7 + step * 13 + salt) % 10) * 0.03)"
      }
      let second = (0..<length).map { "\(500 + (index * 31 + $0 * 17 + salt) % 97)" }
      text += [first, second].map { $0.joined(separator: ",") }.joined(separator: ":")
      text += rises ? ":up\n" : ":down\n"
    }
    return text
  }

  private func accuracy(_ model: String, _ data: String) throws -> Double {
    let score = try Tool.infer.run(model, "--evaluate", data, "--format", "json")
    #expect(score.exitCode == 0, "\(score.errors)")
    guard case .number(let value)? = try JSONParser.parse(score.output)["measures"]?["accuracy"]
    else {
      Issue.record("no accuracy in \(score.output)")
      return 0
    }
    return value
  }

  @Test func convolutionsLearnSeriesAndInferEvaluatesThem() throws {
    let training = try write(collection(40, lengths: { _ in 12 }, salt: 0), "S_TRAIN.ts")
    let test = try write(collection(30, lengths: { _ in 12 }, salt: 5), "S_TEST.ts")
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      "series-cnn", "--data", training, "--epochs", "20", "--set", "validation=0.25", "--output",
      model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("on 30 series"), "\(outcome.output)")
    let opened = try ModelFile.open(model)
    #expect(opened.card.datasets.map(\.sampleCount) == [30, 10, 30])
    #expect(opened.card.datasets.last?.digest == Digest(of: Array(try bytes(test))).hexadecimal)
    #expect(try accuracy(model, test) > 0.95)
    #expect(try Tool.validate.run(model).exitCode == 0)
  }

  private func bytes(_ path: String) throws -> [UInt8] {
    try FileContent.map(path).withUnsafeBytes { Array($0) }
  }

  @Test func seriesOfDifferentLengthsArePaddedAndMasked() throws {
    let data = try write(collection(40, lengths: { 5 + $0 % 8 }, salt: 0), "S_TRAIN.ts")
    _ = try write(collection(30, lengths: { 6 + $0 % 5 }, salt: 3), "S_TEST.ts")
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      "series-lstm", "--data", data, "--epochs", "30", "--output", model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(try accuracy(model, work.path("S_TEST.ts")) > 0.95)
    // What stands after the end of a series changes nothing.
    let opened = try ModelFile.open(model)
    #expect(opened.graph.inputs.map(\.name) == ["x", "lengths"])
    var answers: [String] = []
    for padding in [Float(0), 1000] {
      var values = [Float](repeating: padding, count: 2 * 12)
      for step in 0..<7 {
        values[step] = Float(step) / 7
        values[12 + step] = 510
      }
      let x = work.path("x.npy")
      try NPY.write(Tensor(values, shape: [1, 2, 12]), to: x, replacing: true)
      let lengths = work.path("lengths.npy")
      try NPY.write(Tensor([Int32(7)]), to: lengths, replacing: true)
      let answer = try Tool.infer.run(
        model, "--input", "x=\(x)", "--input", "lengths=\(lengths)", "--format", "json")
      #expect(answer.exitCode == 0, "\(answer.errors)")
      answers.append(answer.output)
    }
    #expect(answers[0] == answers[1])
  }

  @Test func layersThatWouldMixPaddingAreRefused() throws {
    let data = try write(collection(20, lengths: { 5 + $0 % 3 }, salt: 0), "S_TRAIN.ts")
    let outcome = try Tool.train.run(
      "series-cnn", "--data", data, "--output", work.path("m.mrdl"))
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("/layers/0"), "\(outcome.errors)")
    #expect(outcome.errors.contains("padding"))
  }

  @Test func aFileAloneIsPartedAndADirectoryHoldsOnePair() throws {
    let data = try write(collection(40, lengths: { _ in 8 }, salt: 0), "S.ts")
    let outcome = try Tool.train.run(
      "series-cnn", "--data", data, "--epochs", "1", "--output", work.path("m.mrdl"))
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("on 8 series"), "\(outcome.output)")
    _ = try write(collection(20, lengths: { _ in 8 }, salt: 1), "A_TRAIN.ts")
    _ = try write(collection(10, lengths: { _ in 8 }, salt: 2), "A_TEST.ts")
    let pair = try Tool.train.run(
      "series-cnn", "--data", work.path("."), "--epochs", "1", "--output", work.path("n.mrdl"))
    #expect(pair.output.contains("on 10 series"), "\(pair.errors)")
    _ = try write(collection(20, lengths: { _ in 8 }, salt: 1), "B_TRAIN.ts")
    let many = try Tool.train.run(
      "series-cnn", "--data", work.path("."), "--output", work.path("o.mrdl"))
    #expect(many.exitCode == 65)
    #expect(many.errors.contains("A_TRAIN.ts, B_TRAIN.ts"))
  }
}
