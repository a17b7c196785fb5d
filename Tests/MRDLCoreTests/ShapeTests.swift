import MRDLCore
import Testing

@Suite struct ShapeTests {
  @Test(
    arguments: [
      ([], 1, []), ([0], 0, [1]), ([3], 3, [1]), ([2, 3], 6, [3, 1]), ([2, 0, 5], 0, [5, 5, 1]),
      ([1, 1, 28, 28], 784, [784, 784, 28, 1]),
    ] as [([Int], Int, [Int])])
  func countsAndStrides(dimensions: [Int], count: Int, strides: [Int]) {
    let shape = Shape(dimensions)
    #expect(shape.elementCount == count)
    #expect(shape.strides == strides)
    #expect(shape.rank == dimensions.count)
  }

  @Test(arguments: [
    [-1], [2, -3], [Int.max, 2], [1 << 32, 1 << 32], [0, Int.max, 2], [Int.max, Int.max, 0],
  ])
  func whatIsNoShape(dimensions: [Int]) {
    #expect(Shape(checking: dimensions) == nil)
  }

  @Test func largestShapes() {
    #expect(Shape(checking: [Int.max])?.elementCount == Int.max)
    #expect(Shape(checking: [0, Int.max])?.elementCount == 0)
  }

  // Checked with numpy.broadcast_shapes.
  @Test(
    arguments: [
      ([], [], []), ([], [3], [3]), ([1], [3], [3]), ([2, 3], [3], [2, 3]), ([2, 1], [3], [2, 3]),
      ([5, 1, 4], [1, 6, 1], [5, 6, 4]), ([0], [1], [0]), ([2, 0], [1, 1], [2, 0]),
      ([8, 1, 6, 1], [7, 1, 5], [8, 7, 6, 5]), ([2], [3], nil), ([2, 3], [2], nil), ([0], [2], nil),
    ] as [([Int], [Int], [Int]?)])
  func broadcasting(left: [Int], right: [Int], expected: [Int]?) {
    #expect(Shape(left).broadcast(with: Shape(right))?.dimensions == expected)
    #expect(Shape(right).broadcast(with: Shape(left))?.dimensions == expected)
  }

  @Test func broadcastingThatCannotBeCounted() {
    #expect(Shape([1 << 40, 1]).broadcast(with: [1, 1 << 40]) == nil)
  }

  @Test func axesFromTheEnd() {
    let shape: Shape = [2, 3, 4]
    #expect((-4...3).map { shape.normalizedAxis($0) } == [nil, 0, 1, 2, 0, 1, 2, nil])
    #expect(Shape.scalar.normalizedAxis(0) == nil)
  }

  @Test func description() {
    #expect("\(Shape([1, 28, 28]))" == "[1, 28, 28]")
    #expect("\(Shape.scalar)" == "[]")
  }
}
