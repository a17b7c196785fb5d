internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension KerasMaking {
  /// Applies what works on each element to whichever form of the input is there.
  private static func each(
    _ node: Node, _ k: inout KerasExporter,
    _ make: (KerasTensor, inout KerasExporter) throws(MRDLError) -> KerasTensor
  ) throws(MRDLError) {
    let name = node.inputs[0]
    if k.forms(of: name) == nil { try k.materialize(name) }
    guard let forms = k.forms(of: name) else { return }
    let identity = Array(0..<forms.rank)
    let form =
      forms[identity] != nil
      ? identity
      : forms.tensors.keys.min { $0.lexicographicallyPrecedes($1) } ?? identity
    let made = try make(try k.value(name, form), &k)
    k.define(node.outputs[0], made, permutation: form)
  }

  static func activation(_ activation: String) -> Making {
    { (node, k) throws(MRDLError) in try apply(activation, node, &k) }
  }

  private static func apply(
    _ activation: String, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    try each(node, &k) { (x, k) throws(MRDLError) in
      k.emit(
        "Activation", name(node), ["activation": .string(activation)], [x], extents: x.extents)
    }
  }

  static func operation(_ className: String, in home: String = "numpy") -> Making {
    { (node, k) throws(MRDLError) in
      try each(node, &k) { (x, k) throws(MRDLError) in
        try k.emitOperation(
          className, in: home, name(node), [:], [.tensor(x)], outputs: [x.extents],
          type: x.scalarType)[
            0]
      }
    }
  }

  static func elu(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let alpha = number(node, "alpha", default: 1)
    try each(node, &k) { (x, k) throws(MRDLError) in
      k.emit("ELU", name(node), ["alpha": .number(alpha)], [x], extents: x.extents)
    }
  }

  static func celu(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let alpha = number(node, "alpha", default: 1)
    if alpha == 1 { return try apply("celu", node, &k) }
    try each(node, &k) { (x, k) throws(MRDLError) in
      try k.emitOperation(
        "Celu", in: "nn", name(node), ["alpha": .number(alpha)], [.tensor(x)],
        outputs: [x.extents], type: x.scalarType)[0]
    }
  }

  static func gelu(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    if text(node, "approximate", default: "none") == "none" {
      return try apply("gelu", node, &k)
    }
    try each(node, &k) { (x, k) throws(MRDLError) in
      try k.emitOperation(
        "Gelu", in: "nn", name(node), ["approximate": .bool(true)], [.tensor(x)],
        outputs: [x.extents], type: x.scalarType)[0]
    }
  }

  static func shrink(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let (limit, bias) = (number(node, "lambd", default: 0.5), number(node, "bias", default: 0))
    guard limit == 0.5, bias == 0 || bias == 0.5 else {
      throw k.refusal("Shrink by \(limit) and \(bias)")
    }
    try apply(bias == 0 ? "hard_shrink" : "soft_shrink", node, &k)
  }

  static func swish(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard number(node, "alpha", default: 1) == 1 else { throw k.refusal("Swish with alpha") }
    try apply("silu", node, &k)
  }

  static func hardSigmoid(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let (alpha, beta) = (number(node, "alpha", default: 0.2), number(node, "beta", default: 0.5))
    if abs(alpha - 1.0 / 6) < 1e-7, beta == 0.5 { return try apply("hard_sigmoid", node, &k) }
    // Limited to 0...1 after a line: a scaled copy, then a ReLU that ends at 1.
    try each(node, &k) { (x, k) throws(MRDLError) in
      let line = k.emit(
        "Rescaling", name(node) + "_line", ["scale": .number(alpha), "offset": .number(beta)],
        [x], extents: x.extents)
      return k.emit("ReLU", name(node), ["max_value": .number(1)], [line], extents: x.extents)
    }
  }

  static func leakyRelu(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let alpha = number(node, "alpha", default: 0.01)
    try each(node, &k) { (x, k) throws(MRDLError) in
      k.emit("LeakyReLU", name(node), ["negative_slope": .number(alpha)], [x], extents: x.extents)
    }
  }

  static func clip(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    let low = try k.constantInput(1, of: node).map { (t) throws(MRDLError) in try k.floats(t)[0] }
    let high = try k.constantInput(2, of: node).map { (t) throws(MRDLError) in try k.floats(t)[0] }
    try each(node, &k) { (x, k) throws(MRDLError) in
      if low == 0 {
        return k.emit(
          "ReLU", name(node), ["max_value": high.map { .number(Double($0)) } ?? .null], [x],
          extents: x.extents)
      }
      let limits = (
        Double(low ?? -.greatestFiniteMagnitude), Double(high ?? .greatestFiniteMagnitude)
      )
      return try k.emitOperation(
        "Clip", name(node), ["x_min": .number(limits.0), "x_max": .number(limits.1)],
        [.tensor(x)], outputs: [x.extents], type: x.scalarType)[0]
    }
  }

  static func cast(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let type = ScalarType(onnxCode: integer(node, "to", default: 1)) else {
      throw k.refusal("a cast to a type that is not known")
    }
    if k.facts[node.inputs[0]]?.scalarType == type {
      return k.alias(node.outputs[0], of: node.inputs[0])
    }
    // Embedding takes whole numbers of any type, and real ones too.
    let isIndex = type.isInteger && k.readerCounts[node.outputs[0]] == 1
    let readers = k.model.graph.nodes.filter { $0.inputs.contains(node.outputs[0]) }
    if isIndex, let reader = readers.first, reader.operatorName == "Gather",
      reader.inputs[1] == node.outputs[0], try k.constant(reader.inputs[0])?.shape.rank == 2
    {
      return k.alias(node.outputs[0], of: node.inputs[0])
    }
    try each(node, &k) { (x, k) throws(MRDLError) in
      try k.emitOperation(
        "Cast", in: "core", name(node), ["dtype": .string(KerasTensor.name(of: type))],
        [.tensor(x)], outputs: [x.extents], type: type)[0]
    }
  }

  static func softmax(
    _ className: String, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    let x = try k.plain(node.inputs[0])
    let axis = try axis(integer(node, "axis", default: -1), rank: x.rank, k)
    let isLast = axis == x.rank - 1
    let made: KerasTensor
    if className == "Softmax" {
      made = k.emit(
        "Softmax", name(node), ["axis": .integer(isLast ? -1 : Int64(axis))], [x],
        extents: x.extents)
    } else if isLast {
      made = k.emit(
        "Activation", name(node), ["activation": "log_softmax"], [x], extents: x.extents)
    } else {
      made = try k.emitOperation(
        "LogSoftmax", in: "nn", name(node), ["axis": .integer(Int64(axis))], [.tensor(x)],
        outputs: [x.extents], type: x.scalarType)[0]
    }
    k.define(node.outputs[0], made)
  }

  /// PReLU has a slope for each element; axes of one element share theirs.
  static func pRelu(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    guard let slope = try k.constantInput(1, of: node) else { throw k.refusal("PRelu") }
    let extents = try k.knownExtents(of: node.inputs[0])
    let rank = extents.count
    guard rank > 1, slope.shape.rank < rank || slope.shape.dimensions.first == 1 else {
      throw k.refusal("slopes that differ along the batch")
    }
    var shape = slope.shape.dimensions
    if shape.count == rank { shape.removeFirst() }
    shape = [Int](repeating: 1, count: rank - 1 - shape.count) + shape
    var tensor = try slope.cast(to: .float32).reshaped(Shape(shape))
    let isLast = k.forms(of: node.inputs[0])?[Array(0..<rank)] == nil && rank > 2
    if isLast {
      let order = Array(1..<(rank - 1)) + [0]
      tensor = try KerasWeightOrder.permuted(tensor, order)
      shape = order.map { shape[$0] }
    }
    let x = isLast ? try k.channelsLast(node.inputs[0]) : try k.plain(node.inputs[0])
    let shared = shape.enumerated().filter { $0.element == 1 }.map { $0.offset + 1 }
    let made = k.emit(
      "PReLU", name(node), ["shared_axes": shared.isEmpty ? .null : .integers(shared)], [x],
      weights: [KerasLayerRecord.Weight(part: nil, name: "alpha", tensor: tensor)],
      extents: x.extents)
    if isLast {
      k.define(node.outputs[0], channelsLast: made)
    } else {
      k.define(node.outputs[0], made)
    }
  }

  // MARK: Two operands

  /// - Parameter layer: the layer that merges two values, where there is one.
  static func binary(
    _ className: String, layer: String?, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    let constants = [try k.constant(node.inputs[0]), try k.constant(node.inputs[1])]
    let type = k.facts[node.outputs[0]]?.scalarType ?? .float32
    let extents = try k.knownExtents(of: node.outputs[0])
    let rank = extents.count
    // Both with the channels last, where one of them is there in no other form.
    var isLast = false
    for (name, constant) in zip(node.inputs, constants) where constant == nil {
      if k.forms(of: name) == nil { try k.materialize(name) }
      if rank > 2, let forms = k.forms(of: name), forms.rank == rank,
        forms[Array(0..<rank)] == nil, forms[KerasExporter.channelsLast(rank)] != nil
      {
        isLast = true
      }
    }
    if isLast {
      isLast = node.inputs.indices.allSatisfy { index in
        constants[index] != nil || k.forms(of: node.inputs[index])?.rank == rank
      }
    }
    let order = isLast ? KerasExporter.channelsLast(rank) : Array(0..<rank)
    let outputExtents = order.map { extents[$0] }
    if let layer, constants[0] == nil, constants[1] == nil,
      try k.knownExtents(of: node.inputs[0]).count == rank,
      try k.knownExtents(of: node.inputs[1]).count == rank
    {
      let inputs = [try k.value(node.inputs[0], order), try k.value(node.inputs[1], order)]
      let made = k.emit(layer, name(node), [:], inputs, isList: true, extents: outputExtents)
      return k.define(node.outputs[0], made, permutation: order)
    }
    var operands: [KerasExporter.Operand] = []
    for (name, constant) in zip(node.inputs, constants) {
      if let constant {
        operands.append(.constant(isLast ? try channelsLast(constant, rank) : constant))
      } else {
        operands.append(
          .tensor(isLast ? try k.value(name, order) : try k.plain(name)))
      }
    }
    if !k.permitsOperations,
      let made = try rescaling(className, node, operands, outputExtents, &k)
    {
      return k.define(node.outputs[0], made, permutation: order)
    }
    let made = try k.emitOperation(
      className, name(node), [:], operands, outputs: [outputExtents], type: type)[0]
    k.define(node.outputs[0], made, permutation: order)
  }

  private static func channelsLast(_ tensor: Tensor, _ rank: Int) throws(MRDLError) -> Tensor {
    if tensor.elementCount == 1 { return tensor }
    let shape = [Int](repeating: 1, count: rank - tensor.shape.rank) + tensor.shape.dimensions
    return try KerasWeightOrder.permuted(
      tensor.reshaped(Shape(shape)), KerasExporter.channelsLast(rank))
  }

  /// A sum or a product with a constant along the last axis, as a Rescaling layer.
  private static func rescaling(
    _ className: String, _ node: Node, _ operands: [KerasExporter.Operand], _ extents: [Int?],
    _ k: inout KerasExporter
  ) throws(MRDLError) -> KerasTensor? {
    let (x, constant, isFirst): (KerasTensor, Tensor, Bool)
    switch (operands[0], operands[1]) {
    case (.tensor(let tensor), .constant(let value)):
      (x, constant, isFirst) = (tensor, value, false)
    case (.constant(let value), .tensor(let tensor)): (x, constant, isFirst) = (tensor, value, true)
    default: return nil
    }
    guard constant.shape.dimensions.dropLast().allSatisfy({ $0 == 1 }),
      constant.shape.rank <= x.rank
    else { return nil }
    let numbers = try k.floats(constant).map { Double($0) }
    func json(_ values: [Double]) -> JSONValue {
      values.count == 1 ? .number(values[0]) : .array(values.map { .number($0) })
    }
    let (scale, offset): (JSONValue, JSONValue)
    switch (className, isFirst) {
    case ("Add", _): (scale, offset) = (.number(1), json(numbers))
    case ("Subtract", false): (scale, offset) = (.number(1), json(numbers.map { -$0 }))
    case ("Subtract", true): (scale, offset) = (.number(-1), json(numbers))
    case ("Multiply", _): (scale, offset) = (json(numbers), .number(0))
    case ("Divide", false): (scale, offset) = (json(numbers.map { 1 / $0 }), .number(0))
    default: return nil
    }
    return k.emit(
      "Rescaling", name(node), ["scale": scale, "offset": offset], [x], extents: extents)
  }

  static func variadic(
    _ layer: String, _ node: Node, _ k: inout KerasExporter
  ) throws(MRDLError) {
    if node.inputs.count == 1 { return try alias(node, &k) }
    for name in node.inputs where try k.constant(name) != nil {
      guard node.inputs.count == 2, layer != "Average" else {
        throw k.refusal("\(node.operatorName) of several values and constants")
      }
      return try binary(layer, layer: nil, node, &k)
    }
    let extents = try k.knownExtents(of: node.outputs[0])
    var inputs: [KerasTensor] = []
    for name in node.inputs { inputs.append(try k.plain(name)) }
    guard inputs.allSatisfy({ $0.rank == extents.count }) else {
      throw k.refusal("values with different numbers of axes")
    }
    k.define(
      node.outputs[0],
      k.emit(layer, name(node), [:], inputs, isList: true, extents: extents))
  }

  static func choose(_ node: Node, _ k: inout KerasExporter) throws(MRDLError) {
    var operands: [KerasExporter.Operand] = []
    for name in node.inputs {
      if let constant = try k.constant(name) {
        operands.append(.constant(constant))
      } else {
        operands.append(.tensor(try k.plain(name)))
      }
    }
    let made = try k.emitOperation(
      "Where", name(node), [:], operands, outputs: [try k.knownExtents(of: node.outputs[0])],
      type: k.facts[node.outputs[0]]?.scalarType ?? .float32)[0]
    k.define(node.outputs[0], made)
  }
}

/// Weights in other orders of axes.
enum KerasWeightOrder {
  static func permuted(_ tensor: Tensor, _ permutation: [Int]) throws(MRDLError) -> Tensor {
    let node = Node(
      "Transpose", inputs: ["x"], outputs: ["y"],
      attributes: ["perm": .integers(permutation.map { Int64($0) })])
    let op = try OperatorSet.standard.makeOperator(node, place: .unknown)
    return try evaluate(op, inputs: [tensor])[0] ?? tensor
  }
}
