public import MRDLCore

extension Model {
  /// Reports everything that is wrong with names: see `Graph.check`. Tensors that nothing uses and
  /// names in the interface that the graph lacks are reported too. Places are JSON pointers into the
  /// header.
  public func check(diagnostics: Diagnostics) {
    check(tensors: tensors.map(\.info), diagnostics: diagnostics)
  }

  func check(tensors: [TensorInfo], diagnostics: Diagnostics) {
    let names = Set(tensors.map(\.name))
    graph.check(tensors: names, diagnostics: diagnostics)
    checkKinds(diagnostics)
    var references = References(tensors: names, diagnostics: diagnostics)
    checkGoldenVectors(&references)
    checkState(&references)
    for (index, name) in (training?.state?.tensors ?? []).enumerated() {
      references.add(name, at: Place("/training/state/tensors/\(index)"))
    }
    for (index, tensor) in tensors.enumerated() {
      guard let quantization = tensor.quantization else { continue }
      let place = Place("/tensors/\(index)/quantization")
      references.add(quantization.scale, at: place.appending("/scale"))
      if let zeroPoint = quantization.zeroPoint {
        references.add(zeroPoint, at: place.appending("/zero_point"))
      }
    }
    let used = references.names.union(graph.capturedNames)
    for (index, tensor) in tensors.enumerated()
    where !isWeightsOnly && !used.contains(tensor.name) {
      diagnostics.report(
        .unusedTensor, .note, "a tensor is used by no node", found: "\"\(tensor.name)\"",
        at: Place("/tensors/\(index)"))
    }
    checkKeys(
      preprocessing.keys, of: "preprocessing", among: graph.inputs, "input", diagnostics)
    checkKeys(meanings.keys, of: "meanings", among: graph.outputs, "output", diagnostics)
  }

  /// Inputs and outputs of a model have a type, and what the header says of their use is for tensors.
  private func checkKinds(_ diagnostics: Diagnostics) {
    let keys: [(String, [ValueInfo], Set<String>)] = [
      (
        "inputs", graph.inputs,
        Set(preprocessing.keys).union(state.map(\.input))
      ),
      (
        "outputs", graph.outputs,
        Set(meanings.keys).union(state.map(\.output))
      ),
    ]
    for (key, values, described) in keys {
      for (index, value) in values.enumerated() where value.kind != .tensor {
        let place = Place("/graph/\(key)/\(index)/kind")
        if value.kind == .any {
          diagnostics.report(
            .badValue, "a value at the border of a model is not declared", found: "\(value)",
            expected: "a tensor, a sequence or an optional value", at: place)
        } else if described.contains(value.name) {
          diagnostics.report(
            .badValue,
            "preprocessing, meanings and states are for values that are tensors",
            found: "\(value)", expected: "a tensor", at: place)
        }
      }
    }
  }

  private func checkGoldenVectors(_ references: inout References) {
    for (index, golden) in goldenVectors.enumerated() {
      for (key, stored, values, kind) in [
        ("inputs", golden.inputs, graph.inputs, "input"),
        ("outputs", golden.outputs, graph.outputs, "output"),
      ] {
        for (name, value) in stored.sorted(by: { $0.key < $1.key }) {
          let place = Place("/golden/\(index)/\(key)/\(JSONCursor.pointerPart(name))")
          if let info = values.first(where: { $0.name == name }) {
            if !value.fits(info.kind) {
              references.diagnostics.report(
                .badGolden, "a golden vector holds another kind of value than the \(kind) is",
                found: value.kindName, expected: info.typeDescription, at: place)
            }
          } else {
            references.diagnostics.report(
              .badGolden, "a golden vector gives an \(kind) that the model lacks",
              found: "\"\(name)\"", at: place)
          }
          for tensor in value.tensorNames { references.add(tensor, at: place) }
        }
      }
      for input in givenInputs where golden.inputs[input.name] == nil {
        references.diagnostics.report(
          .badGolden, "a golden vector lacks an input", expected: "\"\(input.name)\"",
          at: Place("/golden/\(index)/inputs"))
      }
    }
  }

  private func checkState(_ references: inout References) {
    for (index, binding) in state.enumerated() {
      let place = Place("/state/\(index)")
      if !graph.outputs.contains(where: { $0.name == binding.output }) {
        references.diagnostics.report(
          .undefinedValue, "a state names an output that the model lacks",
          found: "\"\(binding.output)\"", at: place.appending("/output"))
      }
      if !graph.inputs.contains(where: { $0.name == binding.input }) {
        references.diagnostics.report(
          .undefinedValue, "a state names an input that the model lacks",
          found: "\"\(binding.input)\"", at: place.appending("/input"))
      } else if state[..<index].contains(where: { $0.input == binding.input }) {
        references.diagnostics.report(
          .duplicateName, "two states feed the same input", found: "\"\(binding.input)\"",
          at: place.appending("/input"))
      }
      if let initial = binding.initial {
        references.add(initial, at: place.appending("/initial"))
      }
    }
  }

  private func checkKeys(
    _ keys: some Sequence<String>, of table: String, among values: [ValueInfo], _ kind: String,
    _ diagnostics: Diagnostics
  ) {
    let names = Set(values.map(\.name))
    for key in keys.sorted() where !names.contains(key) {
      diagnostics.report(
        .undefinedValue, .warning, "a key names an \(kind) that the model lacks",
        found: "\"\(key)\"", at: Place("/\(table)/\(JSONCursor.pointerPart(key))"))
    }
  }
}

/// The tensors that the parts of a header outside its graph name.
private struct References {
  let tensors: Set<String>
  let diagnostics: Diagnostics
  var names: Set<String> = []

  init(tensors: Set<String>, diagnostics: Diagnostics) {
    self.tensors = tensors
    self.diagnostics = diagnostics
  }

  mutating func add(_ name: String, at place: Place) {
    names.insert(name)
    if !tensors.contains(name) {
      diagnostics.report(
        .missingTensor, "a tensor that the header names is not in its table",
        found: "\"\(name)\"", at: place)
    }
  }
}
