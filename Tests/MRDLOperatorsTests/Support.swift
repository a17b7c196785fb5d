import MRDLCore
import MRDLModel
import MRDLOperators
import Testing

/// The operator of a node with the given attributes.
func makeOperator(
  _ name: String, _ attributes: [String: AttributeValue] = [:], inputs: Int = 1, outputs: Int = 1,
  tensors: TensorTable = TensorTable()
) throws(MRDLError) -> any Operator {
  try OperatorSet.standard.makeOperator(
    Node(
      name, inputs: (0..<inputs).map { "x\($0)" }, outputs: (0..<outputs).map { "y\($0)" },
      attributes: attributes), tensors: tensors, place: Place("test"))
}

/// Runs one node.
func run(
  _ name: String, _ attributes: [String: AttributeValue] = [:], _ inputs: [Tensor?],
  variable: Set<Int> = [], outputs: Int = 1, threads: Int = 1
) throws -> [Tensor] {
  let op = try makeOperator(name, attributes, inputs: inputs.count, outputs: outputs)
  let results = try evaluate(
    op, inputs: inputs, variableInputs: variable, outputCount: outputs, threadLimit: threads,
    place: Place("test"))
  return try results.map { try #require($0) }
}

/// The facts of the outputs of one node.
func infer(
  _ name: String, _ attributes: [String: AttributeValue] = [:], _ inputs: [ValueFacts?],
  outputs: Int = 1
) throws(MRDLError) -> [ValueFacts] {
  let op = try makeOperator(name, attributes, inputs: inputs.count, outputs: outputs)
  return try op.infer(Operands(inputs, outputCount: outputs, place: Place("test")))
}

/// The shape that inference gives output 0 for inputs of f32.
func shape(
  _ name: String, _ attributes: [String: AttributeValue] = [:], _ inputs: [SymbolicShape?],
  constants: [Int: [Int64]] = [:]
) throws(MRDLError) -> SymbolicShape? {
  let count = max(inputs.count, (constants.keys.max() ?? -1) + 1)
  let facts = (0..<count).map { index -> ValueFacts? in
    if let constant = constants[index] { return ValueFacts(constant: Tensor(constant)) }
    return index < inputs.count ? inputs[index].map { ValueFacts(.float32, $0) } : nil
  }
  return try infer(name, attributes, facts)[0].shape
}

/// Expects an error with a code.
func expectError<Result>(
  _ code: FindingCode, _ body: () throws -> Result,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  do {
    _ = try body()
    Issue.record("no error; \(code) was expected", sourceLocation: sourceLocation)
  } catch let error as MRDLError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
  } catch {
    Issue.record(error, sourceLocation: sourceLocation)
  }
}

extension Tensor {
  /// A tensor of the given type with the elements of an array, cut off where the type is of whole numbers.
  init(_ array: ReferenceArray, _ type: ScalarType) {
    let shape = Shape(array.shape)
    let values = array.values
    switch type {
    case .float64: self.init(values, shape: shape)
    case .float32: self.init(values.map { Float($0) }, shape: shape)
    case .float16: self.init(values.map { Half(Float($0)) }, shape: shape)
    case .bfloat16: self.init(values.map { BFloat16(Float($0)) }, shape: shape)
    case .int8: self.init(values.map { Int8($0) }, shape: shape)
    case .int16: self.init(values.map { Int16($0) }, shape: shape)
    case .int32: self.init(values.map { Int32($0) }, shape: shape)
    case .int64: self.init(values.map { Int64($0) }, shape: shape)
    case .uint8: self.init(values.map { UInt8($0) }, shape: shape)
    case .uint16: self.init(values.map { UInt16($0) }, shape: shape)
    case .uint32: self.init(values.map { UInt32($0) }, shape: shape)
    case .uint64: self.init(values.map { UInt64($0) }, shape: shape)
    case .bool: self.init(values.map { $0 != 0 }, shape: shape)
    default: preconditionFailure("no elements of \(type)")
    }
  }

  /// The elements as f64.
  var numbers: [Double] {
    switch scalarType {
    case .float64: elements(as: Double.self)
    case .float32: elements(as: Float.self).map { Double($0) }
    case .float16: elements(as: Half.self).map { Double($0.float) }
    case .bfloat16: elements(as: BFloat16.self).map { Double($0.float) }
    case .int8: elements(as: Int8.self).map { Double($0) }
    case .int16: elements(as: Int16.self).map { Double($0) }
    case .int32: elements(as: Int32.self).map { Double($0) }
    case .int64: elements(as: Int64.self).map { Double($0) }
    case .uint8: elements(as: UInt8.self).map { Double($0) }
    case .uint16: elements(as: UInt16.self).map { Double($0) }
    case .uint32: elements(as: UInt32.self).map { Double($0) }
    case .uint64: elements(as: UInt64.self).map { Double($0) }
    case .bool: elements(as: Bool.self).map { $0 ? 1 : 0 }
    default: preconditionFailure("no elements of \(scalarType)")
    }
  }

  var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}

/// Expects a tensor to hold the numbers of a reference, within a tolerance relative to the largest
/// number of the reference (or to 1).
func expect(
  _ found: Tensor, is expected: ReferenceArray, tolerance: Double? = nil, _ note: String = "",
  sourceLocation: SourceLocation = #_sourceLocation
) {
  #expect(
    found.shape.dimensions == expected.shape, "\(note)", sourceLocation: sourceLocation)
  guard found.shape.dimensions == expected.shape else { return }
  let scale = max(1, expected.values.lazy.filter(\.isFinite).map(\.magnitude).max() ?? 1)
  let relative =
    tolerance
    ?? (found.scalarType == .float32 ? 2e-6 : found.scalarType == .float64 ? 1e-13 : 0)
  for (index, (value, wanted)) in zip(found.numbers, expected.values).enumerated() {
    let fits =
      value == wanted || (value.isNaN && wanted.isNaN)
      || (value - wanted).magnitude <= relative * scale
    if !fits {
      Issue.record(
        "\(note): element \(index) is \(value), expected \(wanted)",
        sourceLocation: sourceLocation)
      return
    }
  }
}

let realTypes: [ScalarType] = [.float32, .float64]
let computableTypes = ScalarType.allCases.filter(\.isComputable)
