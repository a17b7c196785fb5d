import MRDLCore
import MRDLInterchange
import MRDLModel
import MRDLReports
import MRDLRuntime
import SampleModels
import Testing

/// The golden vectors that a conversion makes.
@Suite struct GoldenVectorsTests {
  private func proven(_ model: Model) throws -> [GoldenCheck.Result] {
    let diagnostics = Diagnostics()
    let results = try GoldenCheck.run(
      model, program: try Program(model), diagnostics: diagnostics)
    #expect(diagnostics.findings.isEmpty)
    return results
  }

  @Test func sequencesAndOptionalValuesAreMadeUp() throws {
    var model = SampleModels.values()
    model.removeGoldenVectors()
    #expect(model.tensors.isEmpty)
    let log = ConversionLog()
    GoldenVectors.add(to: &model, log: log)
    #expect(log.entries.isEmpty)
    let golden = try #require(model.goldenVectors.first)
    #expect(golden.inputs["parts"]?.tensorNames.count == 2)
    // Nobody knows the shape of its tensors.
    #expect(golden.inputs["rest"] == .absent)
    #expect(golden.inputs["one"]?.tensorNames.count == 1)
    #expect(try proven(model).map(\.elementCount) == [2, 1, 2])
  }

  @Test func sequencesOfUnknownShapesAreNotMadeUp() throws {
    var model = SampleModels.values()
    model.removeGoldenVectors()
    model.graph.inputs[0].shape = nil
    let log = ConversionLog()
    GoldenVectors.add(to: &model, log: log)
    #expect(model.goldenVectors.isEmpty)
    #expect(log.entries.map(\.kind) == [.dropped])
  }
}
