public import MRDLCore

extension Graph {
  /// Reports what is wrong with the names in a graph: values defined twice, read before they are
  /// produced or never produced, outputs that nothing produces, and tensors that nothing uses.
  ///
  /// - Parameters:
  ///   - tensors: the names in the model's tensor table.
  ///   - place: the JSON pointer of the graph.
  public func check(
    tensors: Set<String>, diagnostics: Diagnostics, at place: Place = Place("/graph")
  ) {
    check(outer: tensors, tensors: tensors, diagnostics: diagnostics, at: place, depth: 0)
  }

  private func check(
    outer: Set<String>, tensors: Set<String>, diagnostics: Diagnostics, at place: Place, depth: Int
  ) {
    guard depth <= Limits.standard.subgraphDepth else {
      diagnostics.report(
        .limitExceeded, "graphs are nested too deeply",
        expected: "at most \(Limits.standard.subgraphDepth)", at: place)
      return
    }
    var defined = outer
    func define(_ name: String, at path: String) {
      guard !name.isEmpty else { return }
      if !defined.insert(name).inserted {
        diagnostics.report(
          .duplicateName, "a name is defined twice", found: "\"\(name)\"",
          at: place.appending(path))
      }
    }
    var producers: [String: Int] = [:]
    for (index, node) in nodes.enumerated() {
      for output in node.outputs where !output.isEmpty { producers[output] = index }
    }
    for (index, input) in inputs.enumerated() { define(input.name, at: "/inputs/\(index)/name") }
    for (index, node) in nodes.enumerated() {
      let path = "/nodes/\(index)"
      for (position, input) in node.inputs.enumerated()
      where !input.isEmpty && !defined.contains(input) {
        let place = place.appending("\(path)/inputs/\(position)")
        if let producer = producers[input], producer >= index {
          diagnostics.report(
            .cyclicGraph, "a node reads a value that it or a later node produces",
            found: "\"\(input)\" of node \(producer)", expected: "nodes in the order they run",
            at: place)
        } else {
          diagnostics.report(
            .undefinedValue, "a node reads a value that nothing produces", found: "\"\(input)\"",
            at: place)
        }
      }
      for (name, value) in node.attributes.sorted(by: { $0.key < $1.key }) {
        switch value {
        case .tensor(let tensor) where !tensors.contains(tensor):
          diagnostics.report(
            .undefinedValue, "an attribute names a tensor that is not in the table",
            found: "\"\(tensor)\"",
            at: place.appending("\(path)/attributes/\(JSONCursor.pointerPart(name))/tensor"))
        case .graph(let graph):
          graph.check(
            outer: defined, tensors: tensors, diagnostics: diagnostics,
            at: place.appending("\(path)/attributes/\(JSONCursor.pointerPart(name))/graph"),
            depth: depth + 1)
        default: break
        }
      }
      for (position, output) in node.outputs.enumerated() {
        define(output, at: "\(path)/outputs/\(position)")
      }
    }
    var named: Set<String> = []
    for (index, output) in outputs.enumerated() {
      let place = place.appending("/outputs/\(index)")
      if !defined.contains(output.name) {
        diagnostics.report(
          .undefinedOutput, "an output of the graph is not produced",
          found: "\"\(output.name)\"", at: place)
      }
      if !named.insert(output.name).inserted {
        diagnostics.report(
          .duplicateName, "two outputs of the graph have the same name",
          found: "\"\(output.name)\"", at: place)
      }
    }
  }
}

extension Place {
  /// The place with more of a JSON pointer at its end.
  package func appending(_ path: String) -> Place {
    var place = self
    place.path = (place.path ?? "") + path
    return place
  }
}
