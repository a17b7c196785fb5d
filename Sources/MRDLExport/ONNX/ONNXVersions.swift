internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The operator set that a model is written in: the lowest one, from 18 on, that has all its nodes in
/// the form in which they are held here. More programs read an older set.
enum ONNXVersions {
  /// The lowest set that is written: reductions take their axes as an input, Split counts its outputs.
  static let lowest = 18
  /// The newest set that is known.
  static let newest = 28

  /// The operators that came, or took their present form, after the lowest set.
  private static let introduced: [String: Int] = [
    "AffineGrid": 20, "Attention": 24, "BitCast": 26, "CausalConvWithState": 27, "CumProd": 26,
    "DFT": 20, "DeformConv": 19, "Gelu": 20, "GridSample": 20, "GroupNormalization": 21,
    "ImageDecoder": 20, "LinearAttention": 27, "RMSNormalization": 23, "RegexFullMatch": 20,
    "RotaryEmbedding": 23, "StringConcat": 20, "StringSplit": 20, "SwiGLU": 28, "Swish": 24,
    "TensorScatter": 24,
  ]

  /// Attributes that came, or got their present meaning, after the lowest set.
  private static let attributes: [String: [String: Int]] = [
    "Attention": ["left_window_size": 25, "right_window_size": 25],
    "AveragePool": ["dilations": 19, "ceil_mode": 22],
    "Cast": ["saturate": 19, "round_mode": 24],
    "CastLike": ["saturate": 19, "round_mode": 24],
    "DequantizeLinear": ["block_size": 21, "output_dtype": 23],
    "MaxPool": ["ceil_mode": 22],
    "QuantizeLinear": [
      "saturate": 19, "block_size": 21, "output_dtype": 21, "precision": 23,
    ],
    "SpaceToDepth": ["mode": 28],
  ]

  /// Types that an operator took on after the lowest set. What a node computes with is not looked up: a
  /// type that the model has anywhere counts.
  private static let types: [String: [(types: Set<ScalarType>, version: Int)]] = [
    "BitShift": [([.int8, .int16, .int32, .int64], 28)],
    "Celu": [([.float16, .bfloat16, .float64], 28)],
    "Compress": [([.bfloat16], 28)],
    "DequantizeLinear": [([.int16, .uint16], 21)],
    "Einsum": [([.bfloat16], 28)],
    "IsInf": [([.float16, .bfloat16], 20)],
    "OneHot": [([.bfloat16], 28)],
    "Optional": [([.bfloat16], 28)],
    "OptionalGetElement": [([.bfloat16], 28)],
    "OptionalHasElement": [([.bfloat16], 28)],
    "QLinearMatMul": [([.float16, .bfloat16], 21)],
    "QuantizeLinear": [([.float16, .bfloat16], 19), ([.int16, .uint16], 21)],
    "Range": [([.float16, .bfloat16], 27)],
    "ReduceMax": [([.bool], 20)],
    "ReduceMin": [([.bool], 20)],
    "ReverseSequence": [([.bfloat16], 28)],
    "SplitToSequence": [([.bfloat16], 24)],
    "TopK": [([.bfloat16], 24)],
    "Unique": [([.bfloat16], 28)],
  ]

  /// The set that a type came with, for the operators that take every type.
  private static func version(of type: ScalarType) -> Int {
    switch type {
    case .float8E4M3FN, .float8E4M3FNUZ, .float8E5M2, .float8E5M2FNUZ: 19
    case .int4, .uint4: 21
    case .bfloat16: 22
    case .float4E2M1: 23
    case .float8E8M0: 24
    case .int2, .uint2: 25
    default: lowest
    }
  }

  /// The version for a model.
  static func version(for model: Model) -> Int {
    var present = Set(model.tensors.map(\.info.scalarType))
    addTypes(of: model.graph, to: &present)
    var version = present.reduce(lowest) { max($0, self.version(of: $1)) }
    visit(model.graph, present, &version)
    return version
  }

  private static func addTypes(of graph: Graph, to present: inout Set<ScalarType>) {
    present.formUnion((graph.inputs + graph.outputs).map(\.scalarType))
    for node in graph.nodes {
      for name in ["to", "dtype", "output_dtype"] {
        if case .integer(let code)? = node.attributes[name],
          let type = Int(exactly: code).flatMap({ ScalarType(onnxCode: $0) })
        {
          present.insert(type)
        }
      }
      for (_, inner) in node.subgraphs { addTypes(of: inner, to: &present) }
    }
  }

  private static func visit(
    _ graph: Graph, _ present: Set<ScalarType>, _ version: inout Int
  ) {
    for node in graph.nodes {
      for (_, inner) in node.subgraphs { visit(inner, present, &version) }
      guard node.domain.isEmpty else { continue }
      let name = node.operatorName
      version = max(version, introduced[name] ?? lowest)
      for attribute in node.attributes.keys {
        version = max(version, attributes[name]?[attribute] ?? lowest)
      }
      for (types, needed) in types[name] ?? [] where !types.isDisjoint(with: present) {
        version = max(version, needed)
      }
      switch (name, node.attributes["mode"], node.attributes["fmod"]) {
      case ("Pad", .string("wrap")?, _): version = max(version, 19)
      case ("Mod", _, let mode) where mode != .integer(1):
        // Real numbers with the sign of the divisor.
        if present.contains(where: \.isFloatingPoint) { version = newest }
      default: break
      }
    }
  }

  /// The version of the file format that came with an operator set.
  static func formatVersion(of opset: Int) -> Int {
    switch opset {
    case ...18: 8
    case 19...20: 9
    case 21...22: 10
    case 23: 11
    case 24: 12
    case 25...27: 13
    default: 14
    }
  }
}
