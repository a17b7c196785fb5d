package import MRDLCore
package import MRDLModel
internal import MRDLOperators

extension ModelSummary {
  /// The summary for people.
  package func text(_ style: TextStyle = .plain) -> String {
    var text = cardText(style)
    text += interfaceText(style)
    text += "\n" + layerTable(style)
    text += "\n" + totalText(style)
    text += trainingText(style)
    for finding in findings where finding.severity > .note {
      text += style.warning("\(finding.severity.rawValue): \(finding)") + "\n"
    }
    return text
  }

  private func cardText(_ style: TextStyle) -> String {
    let card = model.card
    var rows = TextTable([
      TextTable.Column("", maximumWidth: 16), TextTable.Column("", maximumWidth: 200),
    ])
    func add(_ title: String, _ value: String) {
      if !value.isEmpty { rows.append([title, value]) }
    }
    add("name", card.name)
    add("description", card.description)
    add("authors", card.authors.joined(separator: ", "))
    add("license", card.license)
    add("base model", card.baseModel)
    add("producer", card.producer)
    add("created", card.created)
    for dataset in card.datasets {
      add("data set", "\(dataset.name), \(dataset.split), \(Quantity.grouped(dataset.sampleCount))")
    }
    for metric in card.metrics {
      add(
        "metric",
        "\(metric.name) \(Quantity.significant(metric.value, digits: 4)) "
          + "on \(metric.dataset), \(metric.split)")
    }
    return rows.text(style)
  }

  private func interfaceText(_ style: TextStyle) -> String {
    var table = TextTable([
      TextTable.Column("", maximumWidth: 16), TextTable.Column("", maximumWidth: 60),
      TextTable.Column("", maximumWidth: 200),
    ])
    for input in model.graph.inputs {
      table.append(["input", "\(input)", model.preprocessing[input.name].map(Self.line) ?? ""])
    }
    for output in model.graph.outputs {
      table.append(["output", "\(output)", model.meanings[output.name].map(Self.line) ?? ""])
    }
    for binding in model.state {
      table.append(["state", "\(binding.output) → \(binding.input)"])
    }
    return table.text(style)
  }

  /// What is done to an input, in one line.
  package static func line(_ preprocessing: Preprocessing) -> String {
    switch preprocessing {
    case .image(let image):
      var parts = ["\(image.colorSpace.rawValue) picture"]
      if image.layout == .nhwc { parts.append("channels last") }
      if let resize = image.resize { parts.append(line(resize)) }
      let numbers = { (values: [Double]) in
        values.map { Quantity.significant($0, digits: 4) }.joined(separator: ", ")
      }
      if image.scale != 1 { parts.append("× \(Quantity.significant(image.scale, digits: 4))") }
      if image.mean.contains(where: { $0 != 0 }) { parts.append("− \(numbers(image.mean))") }
      if image.standardDeviation.contains(where: { $0 != 1 }) {
        parts.append("/ \(numbers(image.standardDeviation))")
      }
      return parts.joined(separator: ", ")
    case .features(let features):
      let names = features.names.prefix(6).joined(separator: ", ")
      let rest = features.names.count > 6 ? ", … (\(features.names.count))" : ""
      return "features \(names)\(rest)" + (features.mean.isEmpty ? "" : ", standardised")
    }
  }

  private static func line(_ resize: ImagePreprocessing.Resize) -> String {
    var text = "resized by \(resize.fit.rawValue)"
    if let side = resize.shorterSide { text += ", shorter side \(side)" }
    if resize.height != nil || resize.width != nil {
      let sides = [resize.width, resize.height].map { $0.map(String.init) ?? "any" }
      text += ", to \(sides.joined(separator: " x "))"
    }
    let smoothing =
      resize.antialias || resize.interpolation == .nearest ? "" : " without antialiasing"
    return text + " (\(resize.interpolation.rawValue)\(smoothing))"
  }

  /// What an output means, in one line.
  package static func line(_ meaning: OutputMeaning) -> String {
    var text = "\(meaning.task.rawValue), \(meaning.scale.rawValue)"
    if !meaning.labels.isEmpty {
      let shown = meaning.labels.prefix(4).joined(separator: ", ")
      text += ": \(shown)" + (meaning.labels.count > 4 ? ", … (\(meaning.labels.count))" : "")
    }
    return text
  }

  private func layerTable(_ style: TextStyle) -> String {
    var table = TextTable([
      TextTable.Column("layer", maximumWidth: 40), TextTable.Column("operator", maximumWidth: 28),
      TextTable.Column("output", maximumWidth: 40), TextTable.Column("parameters", .right),
      TextTable.Column("multiply-adds", .right), TextTable.Column("activations", .right),
    ])
    for layer in layers {
      table.append([
        String(repeating: "  ", count: layer.depth) + layer.name, layer.operatorName,
        layer.outputs.map { $0.shape?.description ?? "?" }.joined(separator: " "),
        layer.parameterCount > 0 ? Quantity.grouped(layer.parameterCount) : "",
        layer.cost.map { $0.multiplyAdds > 0 ? Quantity.grouped($0.multiplyAdds) : "" } ?? "?",
        layer.activationByteCount.map(Quantity.bytes) ?? "?",
      ])
    }
    table.appendRule()
    table.append([
      Quantity.count(layers.count, "layer"), "", "", Quantity.grouped(totals.parameterCount),
      Quantity.grouped(totals.cost.multiplyAdds), Quantity.bytes(totals.activationByteCount),
    ])
    return table.text(style)
  }

  private func totalText(_ style: TextStyle) -> String {
    var text =
      "\(Quantity.count(totals.parameterCount, "parameter")) in "
      + "\(Quantity.bytes(totals.parameterByteCount)), "
      + "\(Quantity.short(totals.cost.operations)) operations a sample, "
      + "at most \(Quantity.bytes(totals.peakActivationByteCount)) of activations alive\n"
    if totals.unknownLayerCount > 0 {
      let layers = Quantity.count(totals.unknownLayerCount, "layer")
      text += style.faint("\(layers) with shapes that are known only in a run") + "\n"
    }
    if !model.goldenVectors.isEmpty {
      text += Quantity.count(model.goldenVectors.count, "golden vector") + "\n"
    }
    return text
  }

  private func trainingText(_ style: TextStyle) -> String {
    guard let training = model.training else { return "" }
    var text =
      "trained for \(Quantity.count(training.history.count, "epoch")) with seed \(training.seed) on "
      + "\(training.instructionSet)"
    if let last = training.history.last {
      let values = last.values.sorted { $0.key < $1.key }.map {
        "\($0.key) \(Quantity.significant($0.value, digits: 4))"
      }
      text += ": " + values.joined(separator: ", ")
    }
    return text.escapedForDisplay + "\n"
  }
}
