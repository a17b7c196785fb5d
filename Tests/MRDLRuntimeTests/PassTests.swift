import MRDLCore
import MRDLModel
import MRDLRuntime
import Testing

@Suite struct PassTests {
  @Test(arguments: PassCase.cases) func everyPassKeepsTheAnswer(_ c: PassCase) throws {
    for batch in [1, 3] {
      let (plain, _) = try c.run(batch: batch, disabledPasses: ["all"])
      let (optimised, _) = try c.run(batch: batch, disabledPasses: [])
      #expect(optimised.shape == plain.shape)
      #expect(largestDifference(optimised, plain) <= c.tolerance)
      // Which data is reordered depends on the width of a block.
      let (_, operators) = try c.run(batch: batch, disabledPasses: ["block-channels"])
      if let left = c.left { #expect(operators == left) }
      for name in GraphPasses.names {
        let (others, _) = try c.run(batch: batch, disabledPasses: [name])
        #expect(largestDifference(others, plain) <= c.tolerance, "without \(name)")
        let rest = Set(GraphPasses.names).subtracting([name])
        let (alone, _) = try c.run(batch: batch, disabledPasses: rest)
        #expect(largestDifference(alone, plain) <= c.tolerance, "\(name) alone")
      }
    }
  }

  @Test func unknownPassesAreRefused() throws {
    let model = try PassCase.cases[0].model()
    let error = #expect(throws: MRDLError.self) {
      try Program(model, options: ProgramOptions(disabledPasses: ["fold-laundry"]))
    }
    #expect(error?.code == .unknownPass)
  }
}
