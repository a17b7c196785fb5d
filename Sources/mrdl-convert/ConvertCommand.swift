import ArgumentParser
import MRDLCommandLine
import MRDLCore
import MRDLInterchange
import MRDLModel

/// `mrdl-convert`: the same model in another encoding.
@main
struct ConvertCommand: Command {
  static let configuration = CommandConfiguration.command(
    "mrdl-convert", abstract: "Writes a model in another encoding.",
    discussion: """
      The ending of the output's name decides the encoding, or --to. Every tensor is compared with its \
      digest on the way; golden vectors, preprocessing, card and history are kept. The output appears \
      whole or not at all, and an existing file is replaced only with --force.

      Examples:
        mrdl-convert model.h5 model.mrdl
        mrdl-convert model.mrdl model.bin --to h5
        mrdl-convert model.mrdl small.h5 --shuffle --deflate 6
        mrdl-convert model.mrdl renamed.mrdl --metadata name="Fashion LeNet"
      """)

  @Argument(help: "A model file of any format that is read.", completion: .file())
  var input: String

  @Argument(help: "The file to write.", completion: .file())
  var output: String

  @Option(help: ArgumentHelp("The encoding: mrdl or h5.", valueName: "encoding"))
  var to: Encoding?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Sets name, description, authors, license, base_model, producer or created. Repeatable.",
      valueName: "key=value"))
  var metadata: [Metadata] = []

  @Flag(help: "Replace an existing file.")
  var force = false

  @OptionGroup(title: "Storage of .h5 files") var storage: StorageOptions

  @OptionGroup var report: ReportOptions

  func perform() throws {
    let encoding = try to ?? Encoding.of(output)
    var model = try ModelFile.open(input)
    for entry in metadata { try entry.apply(to: &model.card) }
    let digest = try encoding.write(
      model, to: output, replacing: force, storage: storage.options)
    var results = ResultStream()
    let byteCount = FileSystem.byteCount(of: output) ?? 0
    switch report.format {
    case .text:
      try results.writeLine(
        "\(output.escapedForDisplay): \(Quantity.grouped(model.graph.allNodeCount)) nodes, "
          + "\(Quantity.grouped(model.tensors.count)) tensors, "
          + "\(model.goldenVectors.count) golden vectors, \(Quantity.bytes(byteCount))")
    case .json:
      let value: JSONValue = .object([
        "input": .string(input), "output": .string(output), "encoding": .string(encoding.rawValue),
        "nodes": .integer(Int64(model.graph.allNodeCount)),
        "tensors": .integer(Int64(model.tensors.count)),
        "golden_vectors": .integer(Int64(model.goldenVectors.count)),
        "bytes": .integer(Int64(byteCount)),
        "root_digest": digest.map { .string($0.hexadecimal) } ?? .null,
      ])
      try results.write(value.text(.indented))
    }
    try results.flush()
  }
}
