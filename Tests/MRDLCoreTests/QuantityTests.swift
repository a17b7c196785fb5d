import MRDLCore
import Testing

struct QuantityTests {
  @Test(arguments: [
    (0, "node", "0 nodes"), (1, "node", "1 node"), (2, "golden vector", "2 golden vectors"),
    (61_706, "parameter", "61,706 parameters"), (1, "axis", "1 axis"), (4, "axis", "4 axes"),
    (1, "series", "1 series"), (3, "series", "3 series"), (0, "class", "0 classes"),
    (2, "entry", "2 entries"), (1, "more row", "1 more row"),
  ])
  func nounsAreCounted(count: Int, noun: String, words: String) {
    #expect(Quantity.count(count, noun) == words)
  }
}
