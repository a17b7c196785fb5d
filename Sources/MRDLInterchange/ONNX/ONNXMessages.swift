internal import MRDLCore
internal import MRDLModel

/// `ModelProto`: a graph, the operator sets that it is written in, and where it comes from.
struct ONNXModel {
  /// The version of the format, which the first field states; 0 where it is missing.
  var formatVersion: Int64 = 0
  var producerName = ""
  var producerVersion = ""
  var documentation = ""
  var graph: ONNXGraph?
  /// From a domain to a version; ONNX's own domain is the empty one.
  var opsets: [String: Int] = [:]
  var metadata: [(key: String, value: String)] = []
  var functions: [ONNXFunction] = []
}

/// `GraphProto`.
struct ONNXGraph {
  var name = ""
  var nodes: [ONNXNode] = []
  var initializers: [ONNXTensor] = []
  var sparseInitializerCount = 0
  var documentation = ""
  var inputs: [ONNXValue] = []
  var outputs: [ONNXValue] = []
  /// What the file says of the values between.
  var values: [ONNXValue] = []
}

/// `NodeProto`.
struct ONNXNode {
  var name = ""
  var operatorName = ""
  var domain = ""
  var overload = ""
  var inputs: [String] = []
  var outputs: [String] = []
  var attributes: [ONNXAttribute] = []
  /// The operator sets that the node is written in, where they are not those of the model.
  var opsets: [String: Int]?
}

/// `AttributeProto`.
struct ONNXAttribute {
  enum Value {
    case integer(Int64)
    case float(Float)
    case string(String)
    case integers([Int64])
    case floats([Float])
    case strings([String])
    case tensor(ONNXTensor)
    case graph(ONNXGraph)
    /// The attribute of that name of the function around it.
    case reference(String)
    /// A kind that no operator of a graph of tensors needs, named for messages.
    case other(String)
  }

  var name = ""
  var value: Value = .other("nothing")
}

/// `TensorProto`: a shape and numbers, which stay in the file until they are asked for.
struct ONNXTensor {
  var name = ""
  var dimensions: [Int64] = []
  var dataType = 0
  /// The bytes of the tensor, little-endian.
  var raw: ByteReader?
  /// The parts of `float_data` and `double_data`: bytes of the tensor too.
  var reals: [ByteReader] = []
  /// The parts of `int32_data`, `int64_data` and `uint64_data`: integers of variable length.
  var integers: [ByteReader] = []
  var stringCount = 0
  /// Where the bytes are, if they are in another file.
  var externalData: [String: String] = [:]
  var isExternal = false
  var isSegment = false
}

/// `ValueInfoProto`: a name and what is known of its type.
struct ONNXValue {
  enum Kind {
    /// What a value is made of, and the type and shape of the tensors in it.
    case known(ValueInfo.Kind, dataType: Int, shape: [Dimension]?)
    /// A kind of value that no operator takes, named for messages.
    case other(String)
    case unknown
  }

  enum Dimension {
    case value(Int64)
    case name(String)
    case unknown
  }

  var name = ""
  var kind = Kind.unknown
}

/// `FunctionProto`: nodes that stand for one operator.
struct ONNXFunction {
  var name = ""
  var domain = ""
  var overload = ""
  var inputs: [String] = []
  var outputs: [String] = []
  /// Attributes without a default.
  var attributes: [String] = []
  /// Attributes with their defaults.
  var defaults: [ONNXAttribute] = []
  var nodes: [ONNXNode] = []
  var opsets: [String: Int] = [:]
}
