public import MRDLCore
internal import MRDLModel

/// ONNX Einsum: sums of products of elements of any number of tensors, as an `equation` in Einstein's
/// notation says. Letters that the result lacks are summed over; an ellipsis stands for axes that are
/// broadcast.
public struct Einsum: Operator {
  public static let name = "Einsum"
  public static let inputCount = 1...Int.max

  private let equation: EinsumEquation

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let text = try attributes.string("equation") else {
      throw attributes.missing("equation")
    }
    guard let equation = EinsumEquation(text) else {
      throw attributes.wrongValue("equation", "\"\(text)\"", "an equation such as \"ij,jk->ik\"")
    }
    self.equation = equation
  }

  /// The letters of each operand and of the result, an ellipsis taken apart, and the extent of each.
  private struct Plan {
    var operands: [[Character]] = []
    var result: [Character] = []
    var extents: [Character: Dimension] = [:]
  }

  private func plan(_ operands: Operands) throws(MRDLError) -> Plan? {
    guard operands.count == equation.terms.count else {
      throw operands.badAttribute(
        "the equation has another number of operands", found: "\(equation.terms.count)",
        expected: "\(operands.count)")
    }
    var plan = Plan()
    var widest = 0
    for (index, term) in equation.terms.enumerated() {
      guard let rank = try operands.required(index).rank else { return nil }
      let named = term.filter { $0 != EinsumEquation.ellipsis }.count
      let hidden = rank - named
      guard hidden == 0 || hidden > 0 && term.contains(EinsumEquation.ellipsis) else {
        throw operands.shapeMismatch(
          "an operand has another number of axes than its term", found: "\(rank)",
          expected: "\(named)")
      }
      widest = max(widest, hidden)
      plan.operands.append(
        term.flatMap { $0 == EinsumEquation.ellipsis ? Self.letters(hidden) : [$0] })
    }
    for (index, term) in plan.operands.enumerated() {
      guard let shape = try operands.required(index).shape else { return nil }
      for (axis, letter) in term.enumerated() {
        let known = plan.extents[letter] ?? 1
        guard let extent = known.broadcast(with: shape[axis]) else {
          throw operands.shapeMismatch(
            "a letter stands for two extents", found: "\(shape[axis])", expected: "\(known)")
        }
        plan.extents[letter] = extent
      }
    }
    plan.result = equation.result.flatMap {
      $0 == EinsumEquation.ellipsis ? Self.letters(widest) : [$0]
    }
    guard Set(plan.result).count == plan.result.count,
      plan.result.allSatisfy({ plan.extents[$0] != nil })
    else {
      throw operands.badAttribute("the result of the equation has letters that no operand has")
    }
    return plan
  }

  /// Letters for the last axes of an ellipsis: the same from the end for every operand.
  private static func letters(_ count: Int) -> [Character] {
    (0..<count).reversed().map { index in
      Character(Unicode.Scalar(UInt32(0x2460 + index)) ?? "?")
    }
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0..<operands.count, among: .arithmetic)
    guard let plan = try plan(operands) else { return [ValueFacts(type, nil)] }
    return [ValueFacts(type, SymbolicShape(plan.result.map { plan.extents[$0] ?? .unknown }))]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard type.hasNumbers else { throw request.unsupportedType(type) }
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let plan = try plan(operands) else { preconditionFailure("shapes are concrete") }
    let summed = Set(plan.extents.keys).subtracting(plan.result).sorted()
    func offsets(_ letters: [Character], _ term: [Character], _ shape: Shape) -> [Int] {
      let strides = shape.strides
      var offsets = [0]
      for letter in letters {
        let stride = term.indices.reduce(0) { sum, axis in
          term[axis] == letter && shape[axis] != 1 ? sum + strides[axis] : sum
        }
        let extent = plan.extents[letter]?.value ?? 1
        offsets = offsets.flatMap { offset in (0..<extent).map { offset + $0 * stride } }
      }
      return offsets
    }
    return EinsumKernel(
      type: type,
      starts: plan.operands.enumerated().map {
        offsets(plan.result, $0.element, request.inputShape($0.offset))
      },
      steps: plan.operands.enumerated().map {
        offsets(summed, $0.element, request.inputShape($0.offset))
      })
  }
}

/// For each element of the result the sum, over the letters that it lacks, of products.
private struct EinsumKernel: Kernel {
  let type: ScalarType
  /// For each operand where the elements for each element of the result begin.
  let starts: [[Int]]
  /// For each operand where the elements of a sum lie behind its beginning.
  let steps: [[Int]]

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    var inputs: [UnsafeRawBufferPointer] = []
    for index in starts.indices { inputs.append(arguments.inputBytes(index)) }
    try type.accept(Visitor(kernel: self, inputs: inputs, output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: EinsumKernel
    let inputs: [UnsafeRawBufferPointer]
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let operands = inputs.map { $0.assumingMemoryBound(to: type) }
      let y = output.assumingMemoryBound(to: type)
      let count = kernel.steps[0].count
      for element in y.indices {
        var sum = Number.zero
        for step in 0..<count {
          var product = operands[0][kernel.starts[0][element] + kernel.steps[0][step]]
          for index in 1..<max(operands.count, 1) {
            product = product.multiplied(
              by: operands[index][kernel.starts[index][element] + kernel.steps[index][step]])
          }
          sum = sum.adding(product)
        }
        y[element] = sum
      }
    }
  }
}
