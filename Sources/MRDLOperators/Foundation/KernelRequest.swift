public import MRDLCore
public import MRDLNumerics

/// What a kernel is to be made for: concrete facts of the inputs and outputs of a node.
public struct KernelRequest: Sendable {
  /// In the order of the operator; nil for an input left out. Shapes are concrete.
  public let inputs: [ValueFacts?]
  /// In the order of the operator; nil for an output that nobody needs. Shapes are concrete.
  public let outputs: [ValueFacts?]
  /// Where constants in another layout are kept, shared by all kernels of a program.
  public let packedConstants: PackedConstants
  /// In what products and convolutions with constant weights may multiply.
  public let precision: ComputePrecision
  /// The node, for errors.
  public let place: Place

  public init(
    inputs: [ValueFacts?], outputs: [ValueFacts?], packedConstants: PackedConstants,
    precision: ComputePrecision = .float32, place: Place
  ) {
    self.precision = precision
    self.inputs = inputs
    self.outputs = outputs
    self.packedConstants = packedConstants
    self.place = place
  }

  /// The shape of an input.
  ///
  /// - Precondition: the input is there.
  public func inputShape(_ index: Int) -> Shape { concrete(inputs, index) }

  /// The shape of an output.
  ///
  /// - Precondition: the output is needed.
  public func outputShape(_ index: Int = 0) -> Shape { concrete(outputs, index) }

  /// The scalar type of an input.
  ///
  /// - Precondition: the input is there.
  public func inputType(_ index: Int) -> ScalarType {
    guard index < inputs.count, let facts = inputs[index] else {
      preconditionFailure("a kernel asks for an input that its node lacks")
    }
    return facts.scalarType
  }

  private func concrete(_ facts: [ValueFacts?], _ index: Int) -> Shape {
    guard index < facts.count, let shape = facts[index]?.concreteShape else {
      preconditionFailure("a kernel asks for a shape that is not concrete")
    }
    return shape
  }

  /// The error for a type that `infer` accepts but no kernel computes in.
  public func unsupportedType(_ type: ScalarType) -> MRDLError {
    MRDLError(
      .unsupportedScalarType, "the operator does not compute in this type", found: type.rawValue,
      at: place)
  }
}
