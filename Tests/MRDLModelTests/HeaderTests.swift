import MRDLCore
import MRDLModel
import Testing

@Suite struct HeaderTests {
  @Test func everythingSurvives() throws {
    let model = try completeModel()
    let header = ModelHeader(model)
    let text = try header.textForWriting()
    let diagnostics = Diagnostics()
    let copy = try decode(String(decoding: text, as: UTF8.self), diagnostics: diagnostics)
    #expect(diagnostics.findings.isEmpty)
    #expect(copy.version == ModelHeader.Version(major: 1, minor: 0))
    #expect(copy.tensors == model.tensors.map(\.info))
    #expect(copy.model.graph == model.graph)
    #expect(copy.model.opsets == model.opsets)
    #expect(copy.model.preprocessing == model.preprocessing)
    #expect(copy.model.meanings == model.meanings)
    #expect(copy.model.card == model.card)
    #expect(copy.model.goldenVectors == model.goldenVectors)
    #expect(copy.model.state == model.state)
    #expect(copy.model.training == model.training)
    #expect(copy.encodedText() == text)
  }

  @Test func notANumberSurvivesAsItself() throws {
    var model = Model(graph: Graph(nodes: [Node("N", inputs: [], outputs: [])]))
    model.graph.nodes[0].attributes["a"] = .floats([.nan, 1])
    let text = ModelHeader(model).encodedText()
    let copy = try decode(String(decoding: text, as: UTF8.self))
    guard case .floats(let values) = copy.model.graph.nodes[0].attributes["a"] else {
      Issue.record("not a list of floats")
      return
    }
    #expect(values.count == 2 && values[0].isNaN && values[1] == 1)
  }

  @Test func smallestHeader() throws {
    let text = """
      {"format":"MRDL","version":"1.0","opsets":{},\
      "graph":{"inputs":[],"outputs":[],"nodes":[]},"tensors":[]}
      """
    #expect(try String(decoding: decode(text).encodedText(), as: UTF8.self) == text)
  }

  @Test func nullIsTheSameAsMissing() throws {
    let header = try decode(
      header(
        graph: ",\"name\":null", nodes: "",
        tensors: """
          {"name":"t","type":"f32","shape":[2],"axes":null,"quantization":null}
          """, extra: ",\"card\":null,\"state\":null,\"training\":null,\"golden\":null"))
    #expect(header.tensors.first?.axes == nil)
    #expect(header.model.training == nil)
  }

  @Test func unknownKeysAreNotes() throws {
    let diagnostics = Diagnostics()
    _ = try decode(
      header(
        graph: ",\"colour\":1", tensors: #"{"name":"t","type":"f32","shape":[],"stride":[]}"#,
        extra: ",\"later\":{\"a\":[]}"), diagnostics: diagnostics)
    #expect(diagnostics.findings.allSatisfy { $0.code == .unknownKey && $0.severity == .note })
    #expect(diagnostics.findings.map(\.found) == ["\"later\"", "\"colour\"", "\"stride\""])
    #expect(
      diagnostics.findings.map { $0.place.path ?? "" }
        == ["/later", "/graph/colour", "/tensors/0/stride"])
  }

  struct Malformed: Sendable, CustomTestStringConvertible {
    let text: String
    let code: FindingCode
    let path: String?

    init(_ text: String, _ code: FindingCode, _ path: String?) {
      self.text = text
      self.code = code
      self.path = path
    }

    var testDescription: String { "\(code) at \(path ?? "nowhere")" }
  }

  static let malformed: [Malformed] = [
    Malformed("[]", .wrongKind, nil),
    Malformed("{}", .missingKey, nil),
    Malformed(#"{"format":"ONNX"}"#, .badValue, "/format"),
    Malformed(#"{"format":1}"#, .wrongKind, "/format"),
    Malformed(header(version: "1.0"), .wrongKind, "/version"),
    Malformed(header(version: "\"1\""), .badValue, "/version"),
    Malformed(header(version: "\"1.0.0\""), .badValue, "/version"),
    Malformed(header(version: "\"1.-1\""), .badValue, "/version"),
    Malformed(header(version: "\"+1.0\""), .badValue, "/version"),
    Malformed(header(version: "\"01.0\""), .badValue, "/version"),
    Malformed(header(version: "\"2.0\""), .unsupportedVersion, "/version"),
    Malformed(header(version: "\"0.9\""), .unsupportedVersion, "/version"),
    Malformed(
      #"{"format":"MRDL","version":"1.0","opsets":{"":0}}"#, .badValue, "/opsets/"),
    Malformed(
      #"{"format":"MRDL","version":"1.0","opsets":{"a/b":"1"}}"#, .wrongKind, "/opsets/a~1b"),
    Malformed(
      #"{"format":"MRDL","version":"1.0","opsets":{},"graph":{"inputs":[],"outputs":[]}}"#,
      .missingKey, "/graph"),
    Malformed(
      header(nodes: #",{"operator":"","inputs":[],"outputs":[]}"#), .badValue,
      "/graph/nodes/1/operator"),
    Malformed(
      header(nodes: #",{"operator":"A","inputs":[1],"outputs":[]}"#), .wrongKind,
      "/graph/nodes/1/inputs/0"),
    Malformed(
      header(nodes: #",{"operator":"A","inputs":[],"outputs":[],"attributes":{"a":true}}"#),
      .wrongKind, "/graph/nodes/1/attributes/a"),
    Malformed(
      header(nodes: #",{"operator":"A","inputs":[],"outputs":[],"attributes":{"a":[1,"b"]}}"#),
      .wrongKind, "/graph/nodes/1/attributes/a/1"),
    Malformed(
      header(nodes: #",{"operator":"A","inputs":[],"outputs":[],"attributes":{"a":[1,1.5]}}"#),
      .wrongKind, "/graph/nodes/1/attributes/a/1"),
    Malformed(
      header(nodes: #",{"operator":"A","inputs":[],"outputs":[],"attributes":{"a":{}}}"#),
      .missingKey, "/graph/nodes/1/attributes/a"),
    Malformed(
      header(
        nodes: #",{"operator":"A","inputs":[],"outputs":[],"attributes":{"a":{"float":"one"}}}"#),
      .badValue, "/graph/nodes/1/attributes/a/float"),
    Malformed(
      header(
        nodes: #",{"operator":"A","inputs":[],"outputs":[],"attributes":{"a":{"graph":{}}}}"#),
      .missingKey, "/graph/nodes/1/attributes/a/graph"),
    Malformed(
      header(tensors: #"{"name":"","type":"f32","shape":[]}"#), .badValue, "/tensors/0/name"),
    Malformed(
      header(tensors: #"{"name":"t","type":"f33","shape":[]}"#), .unknownScalarType,
      "/tensors/0/type"),
    Malformed(
      header(tensors: #"{"name":"t","type":"f32","shape":[-1]}"#), .badValue,
      "/tensors/0/shape/0"),
    Malformed(
      header(tensors: #"{"name":"t","type":"f32","shape":["N"]}"#), .wrongKind,
      "/tensors/0/shape/0"),
    Malformed(
      header(tensors: #"{"name":"t","type":"f32","shape":[1.0]}"#), .wrongKind,
      "/tensors/0/shape/0"),
    Malformed(
      header(tensors: #"{"name":"t","type":"f32","shape":[4294967296,4294967296]}"#), .badShape,
      "/tensors/0/shape"),
    Malformed(
      header(tensors: #"{"name":"t","type":"f64","shape":[1152921504606846976]}"#), .badShape,
      "/tensors/0/shape"),
    Malformed(
      header(
        tensors:
          #"{"name":"t","type":"u8","shape":[\#(Array(repeating: "1", count: 33).joined(separator: ","))]}"#
      ), .limitExceeded, "/tensors/0/shape"),
    Malformed(
      header(
        tensors: #"{"name":"t","type":"u8","shape":[]},{"name":"t","type":"u8","shape":[]}"#),
      .duplicateName, "/tensors/1"),
    Malformed(
      header(tensors: #"{"name":"t","type":"u8","shape":[1,2],"axes":"O"}"#), .badValue,
      "/tensors/0/axes"),
    Malformed(
      header(tensors: #"{"name":"t","type":"u8","shape":[1],"quantization":{}}"#), .missingKey,
      "/tensors/0/quantization"),
    Malformed(
      header(
        tensors: #"{"name":"t","type":"u8","shape":[1],"quantization":{"scale":"s","axis":1}}"#),
      .badValue, "/tensors/0/quantization/axis"),
    Malformed(
      header(extra: #","preprocessing":{"x":{"kind":"sound"}}"#), .badValue,
      "/preprocessing/x/kind"),
    Malformed(
      header(extra: #","preprocessing":{"x":{"kind":"image","color_space":"cmyk"}}"#), .badValue,
      "/preprocessing/x/color_space"),
    Malformed(
      header(extra: #","preprocessing":{"x":{"kind":"image","color_space":"rgb","mean":[1,2]}}"#),
      .badValue, "/preprocessing/x/mean"),
    Malformed(
      header(extra: #","preprocessing":{"x":{"kind":"image","color_space":"grey","std":[0]}}"#),
      .badValue, "/preprocessing/x/std"),
    Malformed(
      header(
        extra:
          #","preprocessing":{"x":{"kind":"image","color_space":"grey","resize":{"fit":"crop","interpolation":"linear"}}}"#
      ), .badValue, "/preprocessing/x/resize/fit"),
    Malformed(
      header(
        extra:
          #","preprocessing":{"x":{"kind":"image","color_space":"grey","resize":{"fit":"center_crop","interpolation":"linear"}}}"#
      ), .badValue, "/preprocessing/x/resize"),
    Malformed(
      header(
        extra:
          #","preprocessing":{"x":{"kind":"image","color_space":"grey","resize":{"fit":"cover","interpolation":"linear","height":0}}}"#
      ), .badValue, "/preprocessing/x/resize/height"),
    Malformed(
      header(extra: #","preprocessing":{"x":{"kind":"features","names":["a","b"],"std":[1,0]}}"#),
      .badValue, "/preprocessing/x/std"),
    Malformed(
      header(extra: #","meanings":{"y":{"task":"poetry","scale":"values"}}"#), .badValue,
      "/meanings/y/task"),
    Malformed(
      header(extra: #","card":{"datasets":[{"name":"d","split":"train"}]}"#), .missingKey,
      "/card/datasets/0"),
    Malformed(
      header(extra: #","golden":[{"name":"g","inputs":{"x":1}}]"#), .wrongKind,
      "/golden/0/inputs/x"),
    Malformed(header(extra: #","state":[{"output":"y"}]"#), .missingKey, "/state/0"),
    Malformed(
      header(extra: #","training":{"recipe":{},"seed":"-1","instruction_set":""}"#), .badValue,
      "/training/seed"),
    Malformed(
      header(extra: #","training":{"recipe":{},"seed":7,"instruction_set":""}"#), .wrongKind,
      "/training/seed"),
  ]

  @Test(arguments: malformed)
  func malformedHeaderIsNamed(example: Malformed) {
    let failure = failure(of: { try decode(example.text) })
    #expect(failure?.code == example.code)
    #expect(failure?.place.path == example.path)
  }

  @Test func limitsAreNamed() {
    var limits = Limits()
    limits.headerByteCount = 10
    #expect(failure(of: { try decode(header(), limits: limits) })?.code == .limitExceeded)
    limits = Limits()
    limits.nodeCount = 1
    let node = #",{"operator":"A","inputs":[],"outputs":[]}"#
    let nodes = failure(of: { try decode(header(nodes: node), limits: limits) })
    #expect(nodes?.code == .limitExceeded)
    #expect(nodes?.place.path == "/graph/nodes/1")
    limits = Limits()
    limits.tensorCount = 0
    let tensors = failure(
      of: {
        try decode(header(tensors: #"{"name":"t","type":"u8","shape":[]}"#), limits: limits)
      })
    #expect(tensors?.code == .limitExceeded)
    limits = Limits()
    limits.nameByteCount = 3
    let name = failure(
      of: {
        try decode(header(tensors: #"{"name":"éé","type":"u8","shape":[]}"#), limits: limits)
      })
    #expect(name?.code == .limitExceeded)
    #expect(name?.place.path == "/graph/nodes/0/operator")
  }

  @Test func subgraphsAreBounded() {
    var graph = #"{"inputs":[],"outputs":[],"nodes":[]}"#
    for _ in 0..<17 {
      graph =
        #"{"inputs":[],"outputs":[],"nodes":[{"operator":"If","inputs":[],"outputs":[],"#
        + #""attributes":{"b":{"graph":\#(graph)}}}]}"#
    }
    let text =
      #"{"format":"MRDL","version":"1.0","opsets":{},"graph":\#(graph),"tensors":[]}"#
    var limits = Limits()
    limits.nestingDepth = 1000
    #expect(failure(of: { try decode(text, limits: limits) })?.code == .limitExceeded)
    limits.subgraphDepth = 17
    #expect(failure(of: { try decode(text, limits: limits) }) == nil)
  }

  @Test func sourcesMeetTheirTensors() throws {
    let model = try completeModel()
    let header = ModelHeader(model)
    let copy = try header.model(sources: model.tensors.map(\.source))
    #expect(copy.tensors.map(\.info) == model.tensors.map(\.info))
    #expect(try copy.tensors["constant"]?.load().elements(as: Int64.self) == [7])
  }
}
