import CAllocationCounter
import MRDLCore
import MRDLModel
import MRDLOperators
import MRDLRuntime
import Testing

@Suite struct AllocationTests {
  /// Calls of the C library's allocator by this thread while `body` runs; nil where they cannot be
  /// counted.
  private func allocationCount(_ body: () throws -> Void) rethrows -> Int? {
    mrdl_test_begin_counting_allocations()
    defer { _ = mrdl_test_end_counting_allocations() }
    try body()
    let count = mrdl_test_end_counting_allocations()
    return count < 0 ? nil : Int(count)
  }

  @Test func theCounterCounts() {
    var kept: [[Int]] = []
    let count = allocationCount { for size in 1...10 { kept.append([Int](0..<size)) } }
    #expect(kept.count == 10)
    if let count { #expect(count >= 10) }
  }

  private func values(_ shape: Shape) -> Tensor {
    Tensor((0..<shape.elementCount).map { Float($0 % 17) / 17 - 0.4 }, shape: shape)
  }

  /// The tutorial's network, with the weights at hand rather than trained.
  private func lenet(relu: Bool) throws -> Model {
    let activation = relu ? "Relu" : "Sigmoid"
    let pool = relu ? "MaxPool" : "AveragePool"
    let window: [String: AttributeValue] = [
      "kernel_shape": .integers([2, 2]), "strides": .integers([2, 2]),
    ]
    return Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 1, 28, 28])],
        outputs: [ValueInfo("y", .float32, ["N", 10])],
        nodes: [
          Node("Conv", inputs: ["x", "w1", "b1"], outputs: ["c1"]),
          Node(activation, inputs: ["c1"], outputs: ["a1"]),
          Node(pool, inputs: ["a1"], outputs: ["p1"], attributes: window),
          Node("Conv", inputs: ["p1", "w2", "b2"], outputs: ["c2"]),
          Node(activation, inputs: ["c2"], outputs: ["a2"]),
          Node(pool, inputs: ["a2"], outputs: ["p2"], attributes: window),
          Node("Flatten", inputs: ["p2"], outputs: ["f"]),
          Node("Gemm", inputs: ["f", "w3", "b3"], outputs: ["t"]),
          Node(relu ? "Softmax" : "Sigmoid", inputs: ["t"], outputs: ["y"]),
        ]),
      tensors: try TensorTable([
        ModelTensor("w1", values([6, 1, 5, 5])), ModelTensor("b1", values([6])),
        ModelTensor("w2", values([12, 6, 5, 5])), ModelTensor("b2", values([12])),
        ModelTensor("w3", values([192, 10])), ModelTensor("b3", values([10])),
      ]))
  }

  @Test(arguments: [false, true], [1, 5]) func aWarmRunAllocatesNothing(
    relu: Bool, batch: Int
  ) throws {
    var session = Session(try Program(try lenet(relu: relu)))
    let first = values([batch, 1, 28, 28])
    let second = Tensor(zeros: [batch, 1, 28, 28])
    for input in [first, second] {
      try session.bind(input, toInput: 0)
      try session.run()
    }
    mrdl_test_begin_counting_allocations()
    for _ in 0..<3 {
      try session.bind(first, toInput: 0)
      try session.run()
      try session.bind(second, toInput: 0)
      try session.run()
    }
    let count = mrdl_test_end_counting_allocations()
    #expect(count <= 0)
    // What remains is the answer to the second input.
    var fresh = Session(session.program, options: SessionOptions(threadLimit: 1))
    let expected = try fresh.run(["x": second])["y"]
    #expect(session.output(0).elements(as: Float.self) == expected?.elements(as: Float.self))
  }

  @Test func theSampleNetworkFitsItsLowerBound() throws {
    var session = Session(try Program(try lenet(relu: false)))
    _ = try session.run(["x": values([1, 1, 28, 28])])
    let (arena, live) = session.workingByteCount
    #expect(live > 0)
    #expect(Double(arena) <= 1.1 * Double(live))
  }
}
