internal import MRDLCore
internal import MRDLModel
internal import MRDLNumerics
internal import MRDLOperators

/// The graph of a program: values have numbers, attributes are read, constants are at hand.
struct ProgramGraph: Sendable {
  struct Value: Sendable {
    let name: String
    /// What the architecture says of an input, which a session holds it to.
    var declared: ValueFacts?
    /// Whether nothing else than a tensor can be there.
    let isTensor: Bool
    /// How the content is computed where it is not kept.
    private(set) var derivation: DerivedConstant?
    private var kept: Tensor?

    init(
      name: String, constant: Tensor? = nil, declared: ValueFacts? = nil, isTensor: Bool = true
    ) {
      self.name = name
      self.isTensor = isTensor
      self.declared = declared
      kept = constant
    }

    /// The content, where it does not depend on the inputs.
    var constant: Tensor? {
      get { kept ?? derivation?.tensor }
      set {
        kept = newValue
        derivation = nil
      }
    }

    /// Whether there is content, which need not be computed for that.
    var isConstant: Bool { kept != nil || derivation != nil }

    /// The content as it is in memory or in the file, in bytes; with what it is told apart by.
    var source: (identity: ObjectIdentifier, byteOffset: Int, byteCount: Int)? {
      if let kept { return (ObjectIdentifier(kept.storage), kept.byteOffset, kept.byteCount) }
      return derivation.map { (ObjectIdentifier($0), 0, $0.sourceByteCount) }
    }

    /// Gives back the pages of a mapped file that hold the content, once something was made of it.
    func releasePages() { kept?.releasePages() }

    /// Computes the content when it is asked for, from now on.
    mutating func derive(by derivation: DerivedConstant) {
      kept = nil
      self.derivation = derivation
    }
  }

  struct Instruction: Sendable {
    var op: any Operator
    /// For profiles and errors.
    var node: Node
    /// Numbers of values; nil for an optional input left out.
    var inputs: [Int?]
    /// Numbers of values; nil for an output that nobody needs.
    var outputs: [Int?]
    /// Numbers of values that the graphs of the node read from this one.
    var captured: [Int] = []
    let place: Place

    /// Every value that the instruction needs.
    var reads: [Int] { inputs.compactMap(\.self) + captured }
  }

  /// The JSON pointer of the graph of a model.
  static let outermostPath = "/graph"

  var values: [Value] = []
  var instructions: [Instruction] = []
  /// Numbers of values, in the order of the graph; behind them those that a graph inside a node reads
  /// from the graph around it.
  var inputs: [Int] = []
  /// The names of the values that are read from the graph around.
  private(set) var capturedNames: [String] = []
  /// Numbers of values, in the order of the graph.
  var outputs: [Int] = []
  /// Derived constants, kept while passes look at them.
  var held: [Tensor] = []
  /// What products and convolutions multiply in.
  var precision = ComputePrecision.float32

  /// Reads a graph whose names have been checked.
  ///
  /// - Parameters:
  ///   - tensors: where constants come from; each is loaded once, which checks its digest.
  ///   - outer: the values of the graph around.
  ///   - path: the JSON pointer of the graph, for errors.
  init(
    _ graph: Graph, tensors: inout LoadedTensors, operators: OperatorSet,
    outer: [String: Value] = [:], path: String = Self.outermostPath
  ) throws(MRDLError) {
    var numbers: [String: Int] = [:]
    func add(_ value: Value) -> Int {
      numbers[value.name] = values.count
      values.append(value)
      return values.count - 1
    }
    for input in graph.inputs {
      // What is declared inside a graph of a node is not checked when it runs.
      let isTensor = input.kind == .tensor
      let declared = path == Self.outermostPath && isTensor ? ValueFacts(input) : nil
      inputs.append(add(Value(name: input.name, declared: declared, isTensor: isTensor)))
    }
    if !outer.isEmpty {
      for name in graph.capturedNames.sorted() {
        guard let value = outer[name] else { continue }
        let content = value.constant
        let number = add(Value(name: name, constant: content, isTensor: value.isTensor))
        if content == nil {
          inputs.append(number)
          capturedNames.append(name)
        }
      }
    }
    func number(_ name: String) throws(MRDLError) -> Int {
      if let number = numbers[name] { return number }
      guard let tensor = try tensors.load(name) else {
        throw MRDLError(
          .undefinedValue, "a node reads a value that nothing produces", found: "\"\(name)\"")
      }
      return add(Value(name: name, constant: tensor))
    }
    for (index, node) in graph.nodes.enumerated() {
      let place = Place("\(path)/nodes/\(index) (\(node.displayName))")
      let op = try operators.makeOperator(node, tensors: tensors.table, place: place)
      var instruction = Instruction(op: op, node: node, inputs: [], outputs: [], place: place)
      for name in node.inputs {
        instruction.inputs.append(name.isEmpty ? nil : try number(name))
      }
      let valueOperator = op.asValueOperator
      if let op = valueOperator {
        let names = op.subgraphs.reduce(into: Set<String>()) { $0.formUnion($1.capturedNames) }
        instruction.captured = names.sorted().compactMap { numbers[$0] }
      }
      // Identity gives whatever it takes.
      let isTensors =
        valueOperator == nil
        && !(op is Identity
          && instruction.inputs.contains { $0.map { !values[$0].isTensor } ?? false })
      for name in node.outputs {
        instruction.outputs.append(
          name.isEmpty ? nil : add(Value(name: name, isTensor: isTensors)))
      }
      instructions.append(instruction)
    }
    for output in graph.outputs { outputs.append(try number(output.name)) }
  }
}

extension ProgramGraph {
  /// Whether only tensors pass the border of the graph.
  var hasTensorsAtBorder: Bool { (inputs + outputs).allSatisfy { values[$0].isTensor } }

  /// Has values that need not be tensors handed on as they are; kernels know tensors alone.
  mutating func handOnValues() {
    for index in instructions.indices where instructions[index].op is Identity {
      guard let input = instructions[index].inputs.first ?? nil, !values[input].isTensor else {
        continue
      }
      instructions[index].op = ValueIdentity()
    }
  }

  /// Some instructions as a graph of their own, with the same numbers for values.
  ///
  /// Its inputs are what it reads from before it, its outputs what is read behind it.
  func part(_ range: Range<Int>) -> ProgramGraph {
    var part = self
    part.instructions = Array(instructions[range])
    part.inputs = []
    part.capturedNames = []
    var needed = Set(outputs)
    for instruction in instructions[range.upperBound...] { needed.formUnion(instruction.reads) }
    var known: Set<Int> = []
    var produced: [Int] = []
    for instruction in part.instructions {
      for value in instruction.reads
      where !values[value].isConstant && known.insert(value).inserted {
        part.inputs.append(value)
      }
      for case let output? in instruction.outputs {
        known.insert(output)
        produced.append(output)
      }
    }
    part.outputs = produced.filter { needed.contains($0) }
    return part
  }
}
