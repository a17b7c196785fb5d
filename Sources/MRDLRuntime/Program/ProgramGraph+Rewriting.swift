internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension ProgramGraph {
  /// Adds a constant and gives its number.
  mutating func addConstant(_ tensor: Tensor, name: String) -> Int {
    values.append(Value(name: name, constant: tensor))
    return values.count - 1
  }

  /// Adds a constant that is computed from others and gives its number; a large one is computed again when
  /// it is needed.
  mutating func addConstant(
    name: String, from sources: [Value], _ make: @escaping @Sendable ([Tensor?]) -> Tensor
  ) -> Int {
    values.append(Value(name: name))
    derive(values.count - 1, from: sources, make)
    return values.count - 1
  }

  /// Gives a value content that is computed from others.
  mutating func derive(
    _ value: Int, from sources: [Value?], _ make: @escaping @Sendable ([Tensor?]) -> Tensor
  ) {
    setConstant(make(sources.map { $0?.constant }), of: value, from: sources, make)
  }

  /// Gives a value its content, which is computed again when it is needed where it is large.
  ///
  /// - Parameter make: computes the same content from that of the sources.
  mutating func setConstant(
    _ first: Tensor, of value: Int, from sources: [Value?],
    _ make: @escaping @Sendable ([Tensor?]) -> Tensor
  ) {
    guard first.elementCount >= DerivedConstant.leastElementCount, first.storage.origin == nil,
      first.byteOffset == 0, !sources.contains(where: { $0?.constant?.storage === first.storage })
    else {
      values[value].constant = first
      return
    }
    held.append(first)
    values[value].derive(
      by: DerivedConstant(
        first, sourceByteCount: sources.reduce(0) { $0 + ($1?.source?.byteCount ?? 0) }
      ) {
        let content = make(sources.map { $0?.constant })
        for source in sources { source?.releasePages() }
        return content
      })
    for source in sources { source?.releasePages() }
  }

  /// Adds a value that an instruction makes and gives its number.
  mutating func addValue(name: String) -> Int {
    values.append(Value(name: name))
    return values.count - 1
  }

  /// Values that the graphs inside nodes read: they keep their names.
  var capturedValues: Set<Int> { Set(instructions.flatMap(\.captured)) }

  /// Lets everything that reads some values read others in their place.
  mutating func replace(_ replacements: [Int: Int]) {
    if replacements.isEmpty { return }
    func final(_ value: Int) -> Int {
      var value = value
      while let next = replacements[value] { value = next }
      return value
    }
    for index in instructions.indices {
      instructions[index].inputs = instructions[index].inputs.map { $0.map(final) }
    }
    outputs = outputs.map(final)
  }
}

extension ProgramGraph.Instruction {
  /// Gives the node other attributes, and maybe another operator.
  ///
  /// - Throws: what the operator says of the attributes.
  mutating func rebuild<Op: Operator>(
    as type: Op.Type, attributes: [String: AttributeValue]
  ) throws(MRDLError) {
    node.operatorName = Op.name
    node.domain = Op.domain
    node.attributes = attributes
    var reader = AttributeReader(node, place: place)
    op = try Op(attributes: &reader)
  }
}

extension ProgramGraph.Instruction {
  /// An instruction that no node of the model stands for.
  ///
  /// - Parameter name: of the value that it makes.
  /// - Throws: what the operator says of the attributes.
  static func make<Op: Operator>(
    _ type: Op.Type, attributes: [String: AttributeValue], inputs: [Int?], outputs: [Int?],
    _ name: String
  ) throws(MRDLError) -> ProgramGraph.Instruction {
    let node = Node(
      Op.name, domain: Op.domain, inputs: [], outputs: [name], attributes: attributes)
    let place = Place("\(Op.name) → \(name)")
    var reader = AttributeReader(node, place: place)
    return ProgramGraph.Instruction(
      op: try Op(attributes: &reader), node: node, inputs: inputs, outputs: outputs, place: place)
  }
}
