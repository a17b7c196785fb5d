package import MRDLCore
package import MRDLModel

/// An operator that works on values as a whole: it runs graphs, or takes or gives sequences and optional
/// values.
///
/// No kernel is made for it; a program is planned up to such a node and again behind it.
package protocol ValueOperator: Operator {
  /// The graphs that the node runs.
  var subgraphs: [Graph] { get }

  /// Computes the outputs.
  ///
  /// - Parameter run: runs one of `subgraphs` on its inputs and gives its outputs.
  /// - Returns: outputs in the order of the operator.
  func evaluate(
    _ operands: ValueOperands, run: SubgraphRun
  ) throws(MRDLError) -> [GraphValue]
}

/// Runs a graph of a node, told by its index, on values for its inputs.
package typealias SubgraphRun = (Int, [GraphValue]) throws(MRDLError) -> [GraphValue]

extension ValueOperator {
  public static var evaluation: EvaluationKind { .onValues }

  package var subgraphs: [Graph] { [] }

  package func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    throw MRDLError(
      .dataDependentShape, "the outputs of a node are known only while running", at: request.place)
  }
}

/// The inputs of one node that is evaluated on values, with checks that name the node.
package struct ValueOperands {
  /// In the order of the operator; nil for an optional one left out.
  package let values: [GraphValue?]
  /// How many outputs the node has.
  package let outputCount: Int
  /// The node, for errors.
  package let place: Place

  package init(_ values: [GraphValue?], outputCount: Int, place: Place) {
    self.values = values
    self.outputCount = outputCount
    self.place = place
  }

  package func optional(_ index: Int) -> GraphValue? {
    index < values.count ? values[index] : nil
  }

  /// An input that must be there.
  package func required(_ index: Int) throws(MRDLError) -> GraphValue {
    guard let value = optional(index) else {
      throw MRDLError(
        .wrongInputCount, "an input is missing", expected: "input \(index)", at: place)
    }
    return value
  }

  /// An input that must be a tensor.
  package func tensor(_ index: Int) throws(MRDLError) -> Tensor {
    try tensor(required(index))
  }

  /// A value that must be a tensor.
  package func tensor(_ value: GraphValue) throws(MRDLError) -> Tensor {
    switch value {
    case .tensor(let tensor): return tensor
    case .optional(let value?): return try tensor(value)
    default: throw wrongKind(value, "a tensor")
    }
  }

  /// An input that must be a sequence.
  package func sequence(_ index: Int) throws(MRDLError) -> [GraphValue] {
    switch try required(index) {
    case .sequence(let values): return values
    case .optional(.sequence(let values)?): return values
    case let other: throw wrongKind(other, "a sequence")
    }
  }

  /// A value that must be a tensor with one truth value.
  package func flag(_ value: GraphValue) throws(MRDLError) -> Bool {
    let tensor = try tensor(value)
    guard tensor.scalarType == .bool, tensor.elementCount == 1 else {
      throw wrongKind(value, "one truth value")
    }
    return tensor.span(of: Bool.self)[0]
  }

  /// A tensor that must hold one whole number.
  package func integer(_ index: Int) throws(MRDLError) -> Int {
    let tensor = try tensor(index)
    guard tensor.elementCount == 1, let number = ValueFacts(constant: tensor).integers?.first else {
      throw wrongKind(.tensor(tensor), "one whole number")
    }
    return number
  }

  /// An error about a value of another kind.
  package func wrongKind(_ value: GraphValue, _ expected: String) -> MRDLError {
    MRDLError(
      .typeMismatch, "a value is of another kind than the operator takes", found: value.kindName,
      expected: expected, at: place)
  }

  /// An error about what the values of a node ask for.
  package func mismatch(
    _ message: String, found: String? = nil, expected: String? = nil
  ) -> MRDLError {
    MRDLError(.shapeMismatch, message, found: found, expected: expected, at: place)
  }
}
