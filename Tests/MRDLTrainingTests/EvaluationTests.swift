import MRDLMetrics
import Testing

struct EvaluationTests {
  private func values(_ evaluation: Evaluation) -> [String: Double] {
    Dictionary(uniqueKeysWithValues: evaluation.measures.map { ($0.name, $0.value) })
  }

  @Test func twoClassesAreMeasuredByTheSecond() {
    var evaluation = Evaluation(classCount: 2)
    for (score, label) in [(0.9, 1), (0.8, 0), (0.7, 1), (0.3, 1), (0.2, 0), (0.1, 0)] {
      evaluation.add(scores: [1 - score, score], label: label)
    }
    let values = values(evaluation)
    #expect(values["accuracy"] == 4.0 / 6)
    #expect(values["precision"] == 2.0 / 3)
    #expect(values["recall"] == 2.0 / 3)
    #expect(values["f1"] == 2.0 / 3)
    // Of nine pairs, 0.8 lies above 0.7 and 0.3.
    #expect(values["roc_auc"] == 7.0 / 9)
  }

  @Test func equalScoresCountHalf() {
    var curve = ReceiverOperatingCharacteristic()
    #expect(curve.area == nil)
    curve.add(score: 1, isPositive: true)
    #expect(curve.area == nil)
    curve.add(score: 1, isPositive: false)
    #expect(curve.area == 0.5)
    curve.add(score: .nan, isPositive: false)
    #expect(curve.area == nil)
  }

  @Test func severalClassesAreMeasuredByTheirMean() {
    var evaluation = Evaluation(classCount: 3, ranks: [2, 5])
    evaluation.add(scores: [0.5, 0.3, 0.2], label: 0)
    evaluation.add(scores: [0.5, 0.3, 0.2], label: 1)
    evaluation.add(scores: [0.1, 0.3, 0.6], label: 2)
    let values = values(evaluation)
    #expect(values["accuracy"] == 2.0 / 3)
    #expect(values["top2_accuracy"] == 1)
    #expect(values["top5_accuracy"] == nil)
    #expect(abs((values["recall"] ?? 0) - 2.0 / 3) < 1e-15)
    #expect(evaluation.confusion?[label: 1, answer: 0] == 1)
  }

  @Test func quantitiesAreMeasuredByTheirErrors() {
    var evaluation = Evaluation()
    for (prediction, target) in [(1.0, 2.0), (2, 2), (5, 8), (9, 8)] {
      evaluation.add(prediction: prediction, target: target)
    }
    let values = values(evaluation)
    #expect(values["mse"] == 11.0 / 4)
    #expect(values["mae"] == 5.0 / 4)
    // The targets lie 3 from their mean 5.
    #expect(values["r2"] == 1 - 11.0 / 36)
    #expect(RegressionErrors().determination == 1)
  }
}
