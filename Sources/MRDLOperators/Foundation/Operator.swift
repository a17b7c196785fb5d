public import MRDLCore

/// An operator with its attributes read: it knows the shapes, the cost and the arithmetic of one node.
///
/// Names, attributes and meaning are those of the newest ONNX operator set that the project knows
/// (`OperatorSet.onnxVersion`); what ONNX lacks stands in the domain `mrdl`.
public protocol Operator: Sendable {
  /// The name of the operator, such as `Conv`.
  static var name: String { get }
  /// Empty for ONNX's own domain.
  static var domain: String { get }
  /// How many inputs a node may have; optional ones that are left out in the middle count.
  static var inputCount: ClosedRange<Int> { get }
  /// How many outputs a node may have.
  static var outputCount: ClosedRange<Int> { get }

  /// Reads the attributes.
  ///
  /// - Throws: `MRDL1206` for one that is missing, of the wrong kind or out of range.
  init(attributes: inout AttributeReader) throws(MRDLError)

  /// The types and shapes of the outputs, as far as those of the inputs tell.
  ///
  /// With concrete shapes and constants the result must be concrete, except where an output's shape
  /// depends on data.
  ///
  /// - Throws: `MRDL1207` or `MRDL1208` where the inputs do not fit.
  func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts]

  /// What running the node costs; all shapes are concrete.
  func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost

  /// Prepares the arithmetic for the types and shapes of a request, which `infer` has accepted.
  func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel

  /// Whether output 0 is input 0 with another shape, so that nothing has to run.
  var isView: Bool { get }

  /// How the operator computes on blocked tensors; nil where it does not, which is the default.
  func blocked(_ request: BlockingRequest) -> BlockedForm?

  /// How the outputs are computed. Says which of the protocols below `Operator` the type conforms to,
  /// because looking a conformance up takes as long as running a small network.
  static var evaluation: EvaluationKind { get }

  /// The part that the operator can take where nodes are fused. Says which of two protocols the type
  /// conforms to, for the same reason.
  var fusionRole: FusionRole { get }
}

extension Operator {
  public static var domain: String { "" }
  public static var outputCount: ClosedRange<Int> { 1...1 }
  public var isView: Bool { false }
  public static var evaluation: EvaluationKind { .kernel }
  public var fusionRole: FusionRole { .none }
  public func blocked(_ request: BlockingRequest) -> BlockedForm? { nil }

  /// One operation for each element of the first output.
  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    Cost(otherOperations: outputs.first??.concreteShape?.elementCount ?? 0)
  }
}
