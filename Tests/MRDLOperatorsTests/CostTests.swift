import MRDLModel
import MRDLOperators
import Testing

@Suite struct CostTests {
  @Test func whatCannotBeCountedIsTheLargestNumber() {
    #expect(Cost.product(3, 5, 7) == 105)
    #expect(Cost.product(1 << 40, 1 << 40) == .max)
    #expect(Cost.product(1 << 40, 1 << 40, 0) == 0)
    #expect(Cost.product(0, .max, .max) == 0)
    let large = Cost(multiplyAdds: .max, otherOperations: .max)
    #expect(large.operations == .max)
    #expect((large + Cost(multiplyAdds: 1, otherOperations: 1)) == large)
    #expect(Cost(multiplyAdds: 3, otherOperations: 4).operations == 10)
  }
}
