internal import MRDLCore

/// Replaces calls of functions that a model defines by the nodes of those functions.
///
/// Values inside a function get names of their own for each call; attributes that refer to one of the
/// function take its value, its default, or are left out.
struct ONNXFunctions {
  private struct Key: Hashable {
    let name: String
    let domain: String
    let overload: String
  }

  /// How deep calls may be nested, so that a function that calls itself is refused.
  private static let depthLimit = 64

  private let functions: [Key: ONNXFunction]
  private let limits: Limits
  private var callCount = 0
  private var nodeCount = 0

  init(_ functions: [ONNXFunction], limits: Limits) throws(MRDLError) {
    var table: [Key: ONNXFunction] = [:]
    for function in functions {
      let key = Key(name: function.name, domain: function.domain, overload: function.overload)
      guard table.updateValue(function, forKey: key) == nil else {
        throw MRDLError(
          .badONNX, "a function is defined twice", found: "\(function.domain).\(function.name)")
      }
    }
    self.functions = table
    self.limits = limits
  }

  /// The graph without calls.
  mutating func expand(_ graph: ONNXGraph) throws(MRDLError) -> ONNXGraph {
    guard !functions.isEmpty else { return graph }
    var graph = graph
    graph.nodes = try expand(graph.nodes, depth: 0)
    return graph
  }

  private mutating func expand(
    _ nodes: [ONNXNode], depth: Int
  ) throws(MRDLError) -> [ONNXNode] {
    var result: [ONNXNode] = []
    for node in nodes {
      var node = node
      for index in node.attributes.indices {
        if case .graph(var graph) = node.attributes[index].value {
          graph.nodes = try expand(graph.nodes, depth: depth)
          node.attributes[index].value = .graph(graph)
        }
      }
      let key = Key(name: node.operatorName, domain: node.domain, overload: node.overload)
      guard let function = functions[key] else {
        nodeCount += 1
        guard nodeCount <= limits.nodeCount else {
          throw MRDLError(
            .limitExceeded, "the functions of a model expand to too many nodes",
            expected: "at most \(limits.nodeCount)")
        }
        result.append(node)
        continue
      }
      guard depth < Self.depthLimit else {
        throw MRDLError(
          .badONNX, "functions call each other without end", found: node.operatorName)
      }
      result += try expand(body(of: function, calledBy: node), depth: depth + 1)
    }
    return result
  }

  /// The nodes of a function with the names and attributes of one call.
  private mutating func body(
    of function: ONNXFunction, calledBy call: ONNXNode
  ) throws(MRDLError) -> [ONNXNode] {
    callCount += 1
    guard call.inputs.count <= function.inputs.count,
      call.outputs.count <= function.outputs.count
    else {
      throw MRDLError(
        .badONNX, "a function is called with too many inputs or outputs",
        found: "\(call.inputs.count) and \(call.outputs.count)",
        expected: "at most \(function.inputs.count) and \(function.outputs.count) of "
          + function.name)
    }
    var names: [String: String] = [:]
    for (index, name) in function.inputs.enumerated() {
      names[name] = index < call.inputs.count ? call.inputs[index] : ""
    }
    for (index, name) in function.outputs.enumerated()
    where index < call.outputs.count && !call.outputs[index].isEmpty {
      // An output that is an input too is copied below.
      if !function.inputs.contains(name) { names[name] = call.outputs[index] }
    }
    var values: [String: ONNXAttribute.Value] = [:]
    for attribute in function.defaults { values[attribute.name] = attribute.value }
    for attribute in call.attributes { values[attribute.name] = attribute.value }
    var substitution = Substitution(
      names: names, prefix: "\(function.name)_\(callCount)/", values: values)
    var nodes = function.nodes.map { node in
      var node = substitution.apply(to: node)
      node.opsets = function.opsets
      return node
    }
    for (index, name) in function.outputs.enumerated()
    where function.inputs.contains(name) && index < call.outputs.count {
      nodes.append(
        ONNXNode(
          operatorName: "Identity", inputs: [substitution.name(name)],
          outputs: [call.outputs[index]]))
    }
    return nodes
  }

  private struct Substitution {
    let names: [String: String]
    let prefix: String
    let values: [String: ONNXAttribute.Value]

    func name(_ name: String) -> String {
      name.isEmpty ? "" : names[name] ?? prefix + name
    }

    mutating func apply(to node: ONNXNode) -> ONNXNode {
      var node = node
      node.name = node.name.isEmpty ? "" : prefix + node.name
      node.inputs = node.inputs.map(name)
      node.outputs = node.outputs.map(name)
      node.attributes = node.attributes.compactMap { attribute in
        var attribute = attribute
        switch attribute.value {
        case .reference(let name):
          guard let value = values[name] else { return nil }
          attribute.value = value
        case .graph(let graph): attribute.value = .graph(apply(to: graph))
        default: break
        }
        return attribute
      }
      return node
    }

    private mutating func apply(to graph: ONNXGraph) -> ONNXGraph {
      var graph = graph
      for index in graph.initializers.indices {
        graph.initializers[index].name = name(graph.initializers[index].name)
      }
      for index in graph.inputs.indices {
        graph.inputs[index].name = name(graph.inputs[index].name)
      }
      for index in graph.outputs.indices {
        graph.outputs[index].name = name(graph.outputs[index].name)
      }
      for index in graph.values.indices {
        graph.values[index].name = name(graph.values[index].name)
      }
      graph.nodes = graph.nodes.map { apply(to: $0) }
      return graph
    }
  }
}
