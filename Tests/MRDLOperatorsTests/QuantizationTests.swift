import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// Products of quantised numbers: with constant weights, which are packed, and with others, which are
/// computed in float64.
@Suite struct QuantizationTests {
  private func bytes(_ shape: Shape, isSigned: Bool, seed: UInt32) -> Tensor {
    var state = seed &* 2_654_435_761 &+ 12345
    let values = (0..<shape.elementCount).map { _ -> UInt8 in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 20)
    }
    return isSigned
      ? Tensor(values.map { Int8(bitPattern: $0) }, shape: shape) : Tensor(values, shape: shape)
  }

  private func byte(_ value: Int, isSigned: Bool) -> Tensor {
    isSigned ? Tensor(scalar: Int8(value)) : Tensor(scalar: UInt8(value))
  }

  private static let window: [String: AttributeValue] = [
    "pads": .integers([1, 0, 2, 1]), "strides": .integers([2, 1]),
  ]

  private func elements(_ tensor: Tensor) -> [Int] {
    switch tensor.scalarType {
    case .int8: tensor.elements(as: Int8.self).map { Int($0) }
    case .uint8: tensor.elements(as: UInt8.self).map { Int($0) }
    default: tensor.elements(as: Int32.self).map { Int($0) }
    }
  }

  @Test(arguments: [false, true], [false, true]) func integerConvolutions(
    signedInput: Bool, signedWeights: Bool
  ) throws {
    for (channels, outputs, group) in [(3, 5, 1), (20, 35, 1), (6, 6, 6), (4, 6, 2)] {
      var attributes = Self.window
      attributes["group"] = .integer(Int64(group))
      let inputs: [Tensor?] = [
        bytes([2, channels, 9, 8], isSigned: signedInput, seed: 1),
        bytes([outputs, channels / group, 3, 3], isSigned: signedWeights, seed: 2),
        byte(signedInput ? -17 : 130, isSigned: signedInput),
        byte(signedWeights ? 0 : 128, isSigned: signedWeights),
      ]
      let exact = try run("ConvInteger", attributes, inputs, variable: [0, 1])[0]
      let packed = try run("ConvInteger", attributes, inputs, variable: [0], threads: 2)[0]
      #expect(elements(packed) == elements(exact))
    }
  }

  @Test(arguments: [false, true], [false, true]) func integerProducts(
    signedLeft: Bool, signedRight: Bool
  ) throws {
    for (rows, depth, columns) in [(1, 7, 5), (6, 64, 40), (33, 30, 16)] {
      let inputs: [Tensor?] = [
        bytes([2, rows, depth], isSigned: signedLeft, seed: 3),
        bytes([depth, columns], isSigned: signedRight, seed: 4),
        byte(signedLeft ? 5 : 200, isSigned: signedLeft),
        byte(signedRight ? 0 : 128, isSigned: signedRight),
      ]
      // A stack of right matrices is computed in float64.
      var stacked = inputs
      stacked[1] = inputs[1]?.reshaped([1, depth, columns])
      let exact = try run("MatMulInteger", [:], stacked)[0]
      for variable: Set<Int> in [[0], [0, 1], [0, 2], [0, 1, 2]] {
        let found = try run("MatMulInteger", [:], inputs, variable: variable, threads: 2)[0]
        #expect(elements(found) == elements(exact), "\(variable)")
      }
    }
  }

  @Test(arguments: [false, true]) func quantisedConvolutions(isSigned: Bool) throws {
    let inputs: [Tensor?] = [
      bytes([2, 5, 9, 8], isSigned: isSigned, seed: 5), Tensor(scalar: Float(0.02)),
      byte(isSigned ? 3 : 120, isSigned: isSigned),
      bytes([18, 5, 3, 3], isSigned: true, seed: 6),
      Tensor((0..<18).map { 0.001 + 0.0003 * Float($0) }), Tensor([Int8](repeating: 0, count: 18)),
      Tensor(scalar: Float(0.04)), byte(isSigned ? -9 : 100, isSigned: isSigned),
      Tensor((0..<18).map { Int32($0 * 100 - 700) }),
    ]
    let exact = elements(try run("QLinearConv", Self.window, inputs, variable: [0, 3])[0])
    let found = elements(try run("QLinearConv", Self.window, inputs, variable: [0])[0])
    // A sum times its factor is rounded to float32 before it becomes whole.
    #expect(zip(found, exact).allSatisfy { abs($0 - $1) <= 1 })
    #expect(zip(found, exact).count { $0 != $1 } * 200 <= exact.count)
    #expect(Set(exact).count > 100)
  }

  @Test(arguments: [false, true]) func quantisedProducts(isSigned: Bool) throws {
    let inputs: [Tensor?] = [
      bytes([7, 30], isSigned: isSigned, seed: 7), Tensor(scalar: Float(0.02)),
      byte(isSigned ? 3 : 120, isSigned: isSigned), bytes([30, 21], isSigned: true, seed: 8),
      Tensor(scalar: Float(0.01)), byte(0, isSigned: true), Tensor(scalar: Float(0.4)),
      byte(isSigned ? -9 : 100, isSigned: isSigned),
    ]
    var stacked = inputs
    stacked[3] = inputs[3]?.reshaped([1, 30, 21])
    let exact = elements(try run("QLinearMatMul", [:], stacked)[0])
    for variable: Set<Int> in [[0], [0, 3]] {
      let found = elements(try run("QLinearMatMul", [:], inputs, variable: variable)[0])
      #expect(zip(found, exact).allSatisfy { abs($0 - $1) <= 1 })
      #expect(zip(found, exact).count { $0 != $1 } * 50 <= exact.count)
    }
  }

  @Test func scalesAlongAnAxis() throws {
    let data = bytes([2, 3, 4], isSigned: true, seed: 9)
    let scales = Tensor([0.5, 2, 0.125] as [Float])
    let zeros = Tensor([1, -2, 3] as [Int8])
    let found = try run("DequantizeLinear", ["axis": .integer(1)], [data, scales, zeros])[0]
    let values = data.elements(as: Int8.self)
    let expected = values.indices.map { index -> Float in
      let channel = index / 4 % 3
      return Float(Int(values[index]) - [1, -2, 3][channel]) * [0.5, 2, 0.125][channel]
    }
    #expect(found.elements(as: Float.self) == expected)
    let back = try run(
      "QuantizeLinear", ["axis": .integer(1)], [found, scales, zeros])[0]
    #expect(back.elements(as: Int8.self) == values)
  }
}
