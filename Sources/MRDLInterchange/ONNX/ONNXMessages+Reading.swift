internal import MRDLCore
internal import MRDLModel

// Each initialiser reads one message; the numbers are those of the fields in onnx.proto. Fields that
// nothing here needs are passed over, as protobuf demands.

extension ONNXModel {
  init(_ storage: Storage, limits: Limits) throws(MRDLError) {
    var reader = ProtobufReader(file: storage, truncation: .truncatedONNX)
    while let field = try reader.next() {
      switch field.number {
      case 1: formatVersion = try field.integer()
      case 2: producerName = try field.text()
      case 3: producerVersion = try field.text()
      case 6: documentation = try field.text()
      case 7: graph = try ONNXGraph(field.message(), limits: limits, depth: 0)
      case 8: try Self.addOpset(field.message(), to: &opsets)
      case 14: metadata.append(try Self.entry(field.message()))
      case 25: functions.append(try ONNXFunction(field.message(), limits: limits))
      default: break
      }
    }
  }

  /// `OperatorSetIdProto`.
  static func addOpset(
    _ message: ProtobufReader, to opsets: inout [String: Int]
  ) throws(MRDLError) {
    var message = message
    var domain = ""
    var version = 0
    while let field = try message.next() {
      switch field.number {
      case 1: domain = ONNXNode.canonicalDomain(try field.text())
      case 2: version = Int(truncatingIfNeeded: try field.integer())
      default: break
      }
    }
    opsets[domain] = version
  }

  /// `StringStringEntryProto`.
  static func entry(_ message: ProtobufReader) throws(MRDLError) -> (key: String, value: String) {
    var message = message
    var entry = (key: "", value: "")
    while let field = try message.next() {
      switch field.number {
      case 1: entry.key = try field.text()
      case 2: entry.value = try field.text()
      default: break
      }
    }
    return entry
  }
}

extension ONNXGraph {
  init(_ message: ProtobufReader, limits: Limits, depth: Int) throws(MRDLError) {
    guard depth <= limits.subgraphDepth else {
      throw MRDLError(
        .limitExceeded, "graphs are nested too deeply", expected: "at most \(limits.subgraphDepth)")
    }
    var message = message
    while let field = try message.next() {
      switch field.number {
      case 1: nodes.append(try ONNXNode(field.message(), limits: limits, depth: depth))
      case 2: name = try field.text()
      case 5: initializers.append(try ONNXTensor(field.message()))
      case 10: documentation = try field.text()
      case 11: inputs.append(try ONNXValue(field.message()))
      case 12: outputs.append(try ONNXValue(field.message()))
      case 13: values.append(try ONNXValue(field.message()))
      case 15: sparseInitializerCount += 1
      default: break
      }
      guard nodes.count <= limits.nodeCount, initializers.count <= limits.tensorCount else {
        throw MRDLError(
          .limitExceeded, "a graph has too many nodes or tensors",
          expected: "at most \(limits.nodeCount) nodes and \(limits.tensorCount) tensors")
      }
    }
  }
}

extension ONNXNode {
  init(_ message: ProtobufReader, limits: Limits, depth: Int) throws(MRDLError) {
    var message = message
    while let field = try message.next() {
      switch field.number {
      case 1: inputs.append(try field.text())
      case 2: outputs.append(try field.text())
      case 3: name = try field.text()
      case 4: operatorName = try field.text()
      case 5:
        attributes.append(try ONNXAttribute(field.message(), limits: limits, depth: depth))
      case 7: domain = Self.canonicalDomain(try field.text())
      case 8: overload = try field.text()
      default: break
      }
    }
  }

  /// ONNX's own domain has two names; the empty one is used here.
  static func canonicalDomain(_ domain: String) -> String { domain == "ai.onnx" ? "" : domain }
}

extension ONNXAttribute {
  init(_ message: ProtobufReader, limits: Limits, depth: Int) throws(MRDLError) {
    var message = message
    var kind: Int64?
    var single: Value?
    var integers: [Int64] = []
    var floats: [Float] = []
    var strings: [String] = []
    var reference: String?
    while let field = try message.next() {
      switch field.number {
      case 1: name = try field.text()
      case 2: single = .float(try field.float())
      case 3: single = .integer(try field.integer())
      case 4: single = .string(try field.text())
      case 5: single = .tensor(try ONNXTensor(field.message()))
      case 6:
        single = .graph(try ONNXGraph(field.message(), limits: limits, depth: depth + 1))
      case 7: try field.appendFloats(to: &floats)
      case 8: try field.appendIntegers(to: &integers)
      case 9: strings.append(try field.text())
      case 10: single = .other("a list of tensors")
      case 11: single = .other("a list of graphs")
      case 14, 15: single = .other("a type")
      case 20: kind = try field.integer()
      case 21: reference = try field.text()
      case 22, 23: single = .other("a sparse tensor")
      default: break
      }
    }
    if let reference, !reference.isEmpty {
      value = .reference(reference)
      return
    }
    // A writer leaves out what equals the default of protobuf: zero, and a list without elements.
    switch kind {
    case 1: value = single ?? .float(0)
    case 2: value = single ?? .integer(0)
    case 3: value = single ?? .string("")
    case 6: value = .floats(floats)
    case 7: value = .integers(integers)
    case 8: value = .strings(strings)
    default:
      // Files of the first versions do not state the kind.
      if let single {
        value = single
      } else if !integers.isEmpty {
        value = .integers(integers)
      } else if !floats.isEmpty {
        value = .floats(floats)
      } else if !strings.isEmpty {
        value = .strings(strings)
      }
    }
  }
}

extension ONNXTensor {
  init(_ message: ProtobufReader) throws(MRDLError) {
    var message = message
    while let field = try message.next() {
      switch field.number {
      case 1: try field.appendIntegers(to: &dimensions)
      case 2: dataType = Int(truncatingIfNeeded: try field.integer())
      case 3: isSegment = true
      case 4, 10: reals.append(field.payload)
      case 5, 7, 11: integers.append(field.payload)
      case 6: stringCount += 1
      case 8: name = try field.text()
      case 9: raw = try field.bytes()
      case 13:
        let entry = try ONNXModel.entry(field.message())
        externalData[entry.key] = entry.value
      case 14: isExternal = try field.integer() == 1
      default: break
      }
    }
  }
}

extension ONNXValue {
  init(_ message: ProtobufReader) throws(MRDLError) {
    var message = message
    while let field = try message.next() {
      switch field.number {
      case 1: name = try field.text()
      case 2: kind = try Self.kind(field.message())
      default: break
      }
    }
  }

  /// `TypeProto`. Types nest; what ONNX's operators take is at most an optional sequence of tensors.
  ///
  /// - Parameter around: what the type is the element of.
  private static func kind(
    _ message: ProtobufReader, in around: ValueInfo.Kind? = nil
  ) throws(MRDLError) -> Kind {
    var message = message
    var kind = Kind.unknown
    while let field = try message.next() {
      switch (field.number, around) {
      case (1, _): kind = try tensorKind(field.message(), in: around)
      case (4, nil): kind = try element(of: field.message(), .sequence)
      case (4, .optional): kind = try element(of: field.message(), .optionalSequence)
      case (9, nil): kind = try element(of: field.message(), .optional)
      case (4, _): kind = .other("sequences in a sequence")
      case (5, _): kind = .other("a map")
      case (7, _): kind = .other("an opaque value")
      case (8, _): kind = .other("a sparse tensor")
      case (9, _): kind = .other("optional values in another value")
      default: break
      }
    }
    return kind
  }

  /// `TypeProto.Sequence` and `TypeProto.Optional`, which hold the type of what is in them.
  private static func element(
    of message: ProtobufReader, _ around: ValueInfo.Kind
  ) throws(MRDLError) -> Kind {
    var message = message
    var kind = Kind.unknown
    while let field = try message.next() {
      if field.number == 1 { kind = try Self.kind(field.message(), in: around) }
    }
    return kind
  }

  private static func tensorKind(
    _ message: ProtobufReader, in around: ValueInfo.Kind?
  ) throws(MRDLError) -> Kind {
    var message = message
    var dataType = 0
    var shape: [Dimension]?
    while let field = try message.next() {
      switch field.number {
      case 1: dataType = Int(truncatingIfNeeded: try field.integer())
      case 2:
        var dimensions: [Dimension] = []
        var list = try field.message()
        while let item = try list.next() {
          if item.number == 1 { dimensions.append(try dimension(item.message())) }
        }
        shape = dimensions
      default: break
      }
    }
    return .known(around ?? .tensor, dataType: dataType, shape: shape)
  }

  private static func dimension(_ message: ProtobufReader) throws(MRDLError) -> Dimension {
    var message = message
    var dimension = Dimension.unknown
    while let field = try message.next() {
      switch field.number {
      case 1: dimension = .value(try field.integer())
      case 2:
        let name = try field.text()
        dimension = name.isEmpty ? .unknown : .name(name)
      default: break
      }
    }
    return dimension
  }
}

extension ONNXFunction {
  init(_ message: ProtobufReader, limits: Limits) throws(MRDLError) {
    var message = message
    while let field = try message.next() {
      switch field.number {
      case 1: name = try field.text()
      case 4: inputs.append(try field.text())
      case 5: outputs.append(try field.text())
      case 6: attributes.append(try field.text())
      case 7: nodes.append(try ONNXNode(field.message(), limits: limits, depth: 0))
      case 9: try ONNXModel.addOpset(field.message(), to: &opsets)
      case 10: domain = ONNXNode.canonicalDomain(try field.text())
      case 11:
        defaults.append(try ONNXAttribute(field.message(), limits: limits, depth: 0))
      case 13: overload = try field.text()
      default: break
      }
    }
  }
}
