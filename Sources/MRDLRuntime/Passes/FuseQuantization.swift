internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// Computes convolutions and products of dequantised numbers in whole numbers.
///
/// DequantizeLinear of a value and of constant weights before Conv, Gemm or MatMul become one node: with
/// x = s · (q − z) and w = t · v, Σ x · w = s · t · (Σ q · v − z · Σ v), where the sums are exact.
enum FuseQuantization: GraphPass {
  static let name = "fuse-quantization"

  static func apply(to graph: inout ProgramGraph) throws(MRDLError) {
    guard graph.instructions.contains(where: { $0.op is DequantizeLinear }) else { return }
    let fusion = Fusion(graph)
    for index in graph.instructions.indices {
      let instruction = graph.instructions[index]
      if let fused = fusion.fused(instruction, &graph) { graph.instructions[index] = fused }
    }
  }

  private struct Fusion {
    private var producers: [Int: ProgramGraph.Instruction] = [:]
    private let facts: [ValueFacts?]

    init(_ graph: ProgramGraph) {
      facts = graph.inferredFacts()
      for instruction in graph.instructions where instruction.op is DequantizeLinear {
        for case let output? in instruction.outputs { producers[output] = instruction }
      }
    }

    /// What a value is dequantised from.
    private struct Source {
      let quantized: Int
      let scale: Tensor
      let zero: Tensor?
    }

    private func source(_ value: Int?, _ graph: ProgramGraph) -> Source? {
      guard let value, let instruction = producers[value],
        facts[value]?.scalarType != .float16, facts[value]?.scalarType != .bfloat16,
        let quantized = instruction.inputs[0],
        let scale = instruction.inputs[1].flatMap({ graph.values[$0].constant }),
        scale.scalarType == .float32
      else { return nil }
      guard instruction.inputs.count > 2, let zero = instruction.inputs[2] else {
        return Source(quantized: quantized, scale: scale, zero: nil)
      }
      guard let zero = graph.values[zero].constant else { return nil }
      return Source(quantized: quantized, scale: scale, zero: zero)
    }

    func fused(
      _ instruction: ProgramGraph.Instruction, _ graph: inout ProgramGraph
    ) -> ProgramGraph.Instruction? {
      guard instruction.op is Conv || instruction.op is Gemm || instruction.op is MatMul,
        let input = source(instruction.inputs[0], graph), input.scale.elementCount == 1,
        let type = facts[input.quantized]?.scalarType, type == .uint8 || type == .int8,
        graph.values[input.quantized].constant == nil,
        let weights = source(instruction.inputs[1], graph),
        let matrix = graph.values[weights.quantized].constant
      else { return nil }
      let zero = input.zero?.withUnsafeBytes { $0.first } ?? 0
      let scaling = IntegerScaling(
        zero: type == .int8 ? Int(Int8(bitPattern: zero)) : Int(zero), isSigned: type == .int8)
      let op: any FusibleOperator
      let outputs: Int
      switch instruction.op {
      case let conv as Conv:
        guard IntegerConv.supports(conv, weights: matrix, zeros: weights.zero),
          isAlong(0, instruction.inputs[1], weights)
        else { return nil }
        op = IntegerConv(conv, weightZeros: weights.zero, scaling: scaling)
        outputs = matrix.shape[0]
      case let gemm as Gemm:
        guard !gemm.transposesA, gemm.alpha == 1, gemm.beta == 1,
          IntegerGemm.supports(weights: matrix, zeros: weights.zero),
          isAlong(gemm.transposesB ? 0 : 1, instruction.inputs[1], weights)
        else { return nil }
        op = IntegerGemm(
          transposesB: gemm.transposesB, weightZeros: weights.zero, scaling: scaling)
        outputs = matrix.shape[gemm.transposesB ? 0 : 1]
      default:
        guard IntegerGemm.supports(weights: matrix, zeros: weights.zero),
          isAlong(1, instruction.inputs[1], weights)
        else { return nil }
        op = IntegerGemm(transposesB: false, weightZeros: weights.zero, scaling: scaling)
        outputs = matrix.shape[1]
      }
      let factor = input.scale.elements(as: Float.self)[0]
      let scale = Tensor(weights.scale.elements(as: Float.self).map { factor * $0 })
      var bias: Int?
      if instruction.inputs.count > 2, let value = instruction.inputs[2] {
        guard let found = self.bias(value, outputs: outputs, scale: scale, &graph) else {
          return nil
        }
        bias = found
      }
      var fused = instruction
      fused.op = op
      fused.inputs = [
        input.quantized, weights.quantized, bias,
        graph.addConstant(scale, name: "\(instruction.node.displayName)/scale"),
      ]
      return fused
    }

    /// Whether scales of weights are one number, or one for each index of an axis.
    private func isAlong(_ axis: Int, _ value: Int?, _ source: Source) -> Bool {
      guard source.scale.elementCount > 1 else { return true }
      guard let value, let op = producers[value]?.op as? DequantizeLinear,
        let rank = facts[value]?.rank
      else { return false }
      return op.isAlong(axis, rank: rank)
    }

    /// A constant with a number for each output: the whole numbers that are added to the sums where the bias
    /// is quantised with the scale of the sums, the real ones otherwise.
    private func bias(
      _ value: Int, outputs: Int, scale: Tensor, _ graph: inout ProgramGraph
    ) -> Int? {
      func fits(_ tensor: Tensor) -> Bool {
        tensor.elementCount == outputs
          && (tensor.shape.rank == 1 || tensor.shape.dimensions.dropLast().allSatisfy { $0 == 1 })
      }
      if let constant = graph.values[value].constant {
        return constant.scalarType == .float32 && fits(constant) ? value : nil
      }
      guard let source = source(value, graph), let whole = graph.values[source.quantized].constant,
        whole.scalarType == .int32, fits(whole),
        source.scale.elementCount == 1 || source.scale.elementCount == outputs,
        source.zero?.elements(as: Int32.self).allSatisfy({ $0 == 0 }) ?? true
      else { return nil }
      let (sums, own) = (scale.elements(as: Float.self), source.scale.elements(as: Float.self))
      func at(_ array: [Float], _ index: Int) -> Float { array[array.count == 1 ? 0 : index] }
      let isSame = (0..<outputs).allSatisfy { index in
        abs(at(own, index) - at(sums, index)) <= 4 * at(sums, index).ulp
      }
      if isSame { return source.quantized }
      let real = whole.elements(as: Int32.self).enumerated().map { Float($1) * at(own, $0) }
      return graph.addConstant(Tensor(real), name: "\(graph.values[value].name)/real")
    }
  }
}
