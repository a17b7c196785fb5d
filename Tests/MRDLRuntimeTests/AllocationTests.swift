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
    try checkAllocations(try lenet(relu: relu), input: [batch, 1, 28, 28])
  }

  /// Layers that threads share: a depthwise one alone, an inverted residual block, pooling, a recurrent layer
  /// and a product.
  private func mixed() throws -> Model {
    func conv(_ x: String, _ w: String, _ y: String, pads: Int64 = 0, group: Int64 = 1) -> Node {
      Node(
        "Conv", inputs: [x, w], outputs: [y],
        attributes: ["pads": .integers([pads, pads, pads, pads]), "group": .integer(group)])
    }
    let shapes: [(String, Shape)] = [
      ("w", [32, 3, 3, 3]), ("d", [32, 1, 3, 3]), ("e", [96, 32, 1, 1]), ("f", [96, 1, 3, 3]),
      ("p", [32, 96, 1, 1]), ("W", [1, 512, 32]), ("R", [1, 512, 128]), ("B", [1, 1024]),
      ("g", [128, 40]),
    ]
    return Model(
      graph: Graph(
        inputs: [ValueInfo("x", .float32, ["N", 3, 64, 64])],
        outputs: [ValueInfo("y", .float32, nil), ValueInfo("m", .float32, nil)],
        nodes: [
          conv("x", "w", "a", pads: 1), conv("a", "d", "b", pads: 1, group: 32),
          Node("GlobalAveragePool", inputs: ["a"], outputs: ["m"]),
          conv("b", "e", "c"), conv("c", "f", "h", pads: 1, group: 96), conv("h", "p", "i"),
          Node("Add", inputs: ["i", "b"], outputs: ["j"]),
          Node(
            "MaxPool", inputs: ["j"], outputs: ["k"],
            attributes: ["kernel_shape": .integers([2, 2]), "strides": .integers([2, 2])]),
          Node(
            "ReduceMax", inputs: ["k", "axis"], outputs: ["l"],
            attributes: ["keepdims": .integer(0)]),
          Node(
            "Transpose", inputs: ["l"], outputs: ["n"], attributes: ["perm": .integers([2, 0, 1])]),
          Node(
            "LSTM", inputs: ["n", "W", "R", "B"], outputs: ["o"],
            attributes: ["hidden_size": .integer(128)]),
          Node("MatMul", inputs: ["o", "g"], outputs: ["y"]),
        ]),
      tensors: try TensorTable(
        shapes.map { ModelTensor($0.0, values($0.1)) }
          + [ModelTensor("axis", Tensor([Int64(2)], shape: [1]))]))
  }

  @Test func aWarmRunOfManyThreadsAllocatesNothing() throws {
    try checkAllocations(try mixed(), input: [1, 3, 64, 64])
  }

  private func checkAllocations(_ model: Model, input shape: Shape) throws {
    var session = Session(try Program(model))
    let first = values(shape)
    let second = Tensor(zeros: shape)
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
