import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Operators on 16-bit real numbers: computed in float32 and rounded once.
struct WideningTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var attributes: [String: AttributeValue] = [:]
    var shapes: [[Int]]
    var variable: Set<Int> = [0]

    var testDescription: String { "\(name) \(shapes)" }
  }

  static let cases = [
    Case(name: "Add", shapes: [[3, 1], [4]], variable: [0, 1]),
    Case(name: "Exp", shapes: [[257]]),
    Case(name: "Softmax", shapes: [[3, 40]]),
    Case(name: "MatMul", shapes: [[3, 40], [40, 5]]),
    Case(name: "Gemm", shapes: [[3, 4], [4, 5], [5]], variable: []),
    Case(name: "Conv", shapes: [[2, 3, 7, 5], [4, 3, 3, 3], [4]]),
    Case(name: "ReduceMean", shapes: [[3, 40]]),
    Case(name: "Relu", shapes: [[0, 3]]),
  ]

  @Test(arguments: cases, [ScalarType.float16, .bfloat16])
  func sameAsRoundedFloat32(item: Case, type: ScalarType) throws {
    let narrow = item.shapes.enumerated().map { position, shape in
      let values = (0..<shape.reduce(1, *)).map { Double(($0 * 37 + position * 11) % 64 - 32) / 16 }
      return Tensor(ReferenceArray(shape, values), type)
    }
    let wide = try narrow.map { try cast($0, .float32) }
    let expected = try cast(
      try run(item.name, item.attributes, wide, variable: item.variable)[0], type)
    let found = try run(item.name, item.attributes, narrow, variable: item.variable)[0]
    #expect(found.scalarType == type)
    #expect(found.shape == expected.shape)
    #expect(found.numbers == expected.numbers)
  }

  private func cast(_ tensor: Tensor, _ type: ScalarType) throws -> Tensor {
    let codes: [ScalarType: Int64] = [.float32: 1, .float16: 10, .bfloat16: 16]
    return try run("Cast", ["to": .integer(#require(codes[type]))], [tensor])[0]
  }
}
