package import MRDLCore
package import MRDLInterchange
package import MRDLModel

/// What a conversion made of a model.
package struct ConversionReport {
  private let input: String
  private let output: String
  private let encoding: String
  private let nodeCount: Int
  private let tensorCount: Int
  private let goldenVectorCount: Int
  private let byteCount: Int
  private let rootDigest: Digest?
  private let log: ConversionLog
  private let quantization: (text: String, json: JSONValue)?

  /// - Parameters:
  ///   - model: what was written.
  ///   - quantization: what the weights are stored as, and what that changes; nil for no change.
  ///   - holdsArchitecture, holdsGoldenVectors: whether the format of the output has room for them.
  package init(
    input: String, output: String, encoding: String, model: Model, holdsArchitecture: Bool,
    holdsGoldenVectors: Bool, byteCount: Int, rootDigest: Digest?, log: ConversionLog,
    quantization: (text: String, json: JSONValue)? = nil
  ) {
    self.quantization = quantization
    self.input = input
    self.output = output
    self.encoding = encoding
    nodeCount = holdsArchitecture ? model.graph.allNodeCount : 0
    tensorCount = model.tensors.count
    goldenVectorCount = holdsGoldenVectors ? model.goldenVectors.count : 0
    self.byteCount = byteCount
    self.rootDigest = rootDigest
    self.log = log
  }

  /// The report for people: what was written, and every part that is not the same as before.
  ///
  /// - Parameter isComplete: whether parts that are the same are listed too.
  package func text(isComplete: Bool, _ style: TextStyle = .plain) -> String {
    var text =
      "\(output.escapedForDisplay): \(Quantity.count(nodeCount, "node")), "
      + "\(Quantity.count(tensorCount, "tensor")), "
      + "\(Quantity.count(goldenVectorCount, "golden vector")), \(Quantity.bytes(byteCount))\n"
    let counts = ConversionLog.Kind.allCases.compactMap { kind -> String? in
      let count = log.count(of: kind)
      return count == 0 ? nil : "\(Quantity.grouped(count)) \(kind.rawValue)"
    }
    if !counts.isEmpty { text += "  \(counts.joined(separator: ", "))\n" }
    text += quantization?.text ?? ""
    for entry in log.entries
    where isComplete || [.added, .approximated, .dropped].contains(entry.kind) {
      let isWanted = entry.kind == .mapped || entry.kind == .added
      let kind =
        isWanted ? style.faint(entry.kind.rawValue) : style.warning(entry.kind.rawValue)
      text +=
        "  \(kind): \(entry.source.escapedForDisplay) → \(entry.result.escapedForDisplay)\n"
    }
    return text
  }

  /// The report for programs: `Schemas/mrdl-convert-1.schema.json` describes it.
  package var json: JSONValue {
    .object([
      "input": .string(input),
      "output": .string(output),
      "encoding": .string(encoding),
      "nodes": .integer(Int64(nodeCount)),
      "tensors": .integer(Int64(tensorCount)),
      "golden_vectors": .integer(Int64(goldenVectorCount)),
      "bytes": .integer(Int64(byteCount)),
      "root_digest": rootDigest.map { .string($0.hexadecimal) } ?? .null,
      "quantization": quantization?.json ?? .null,
      "parts": .array(
        log.entries.map { entry in
          .object([
            "kind": .string(entry.kind.rawValue), "source": .string(entry.source),
            "result": .string(entry.result),
          ])
        }),
    ])
  }
}
