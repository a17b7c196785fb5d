import Foundation
import MRDLCore
import MRDLImages
import MRDLInterchange
import MRDLModel
import Testing

struct TrainTests {
  let work: TemporaryDirectory

  init() throws { work = try TemporaryDirectory() }

  private func write(_ text: String, _ name: String) throws -> String {
    try work.write(Array(text.utf8), name)
  }

  // MARK: Speed

  @Test func measuresStepsAndWritesNothing() throws {
    let outcome = try Tool.train.run(
      "circles", "--benchmark", "0.05", "--format", "json", "--profile", "--threads", "1", "--set",
      "batch=16")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let value = try JSONParser.parse(outcome.output)
    #expect(value["model"] == .string("circles"))
    #expect(value["batch"] == .integer(16))
    guard case .number(let rate)? = value["samples_per_second"],
      case .array(let nodes)? = value["profile"]
    else {
      Issue.record("no rate or no profile in \(outcome.output)")
      return
    }
    #expect(rate > 0 && !nodes.isEmpty)
    #expect(try Tool.train.run("circles", "--benchmark", "0.05").output.contains("samples/s"))
    for arguments in [
      ["circles", "--benchmark", "1", "--output", work.path("m.mrdl")],
      ["circles", "--benchmark", "0"], ["circles", "--profile", "--output", work.path("m.mrdl")],
    ] {
      #expect(try Tool.train.run(arguments).exitCode == 64)
    }
    let closed = try Tool.train.run(
      "least-squares", "--benchmark", "1", "--set", "data.kind=line")
    #expect(closed.exitCode == 65 && closed.errors.contains("closed form"), "\(closed.errors)")
  }

  // MARK: Recipes

  @Test func listsAndPrintsRecipesThatReadBack() throws {
    let list = try Tool.train.run("--list")
    #expect(list.exitCode == 0)
    let names = list.output.split(separator: "\n").compactMap { $0.split(separator: " ").first }
    #expect(names.contains("lenet") && names.contains("least-squares"))
    for name in names {
      let printed = try Tool.train.run("--print", String(name))
      #expect(printed.exitCode == 0, "\(printed.errors)")
      let again = try Tool.train.run("--print", try write(printed.output, "\(name).json"))
      #expect(again.output == printed.output, "\(name): \(again.errors)")
    }
  }

  /// A recipe in YAML is the one in JSON, and its mistakes have lines.
  @Test func recipesInYAML() throws {
    let text = """
      # a straight line
      name: r
      data: {kind: line, standardize: false}
      loss: quadratic
      layers:
        - kind: dense
      optimizer:
        rate: 0.01
      epochs: 2
      batch: all
      """
    let printed = try Tool.train.run("--print", try write(text, "r.yaml"))
    #expect(printed.exitCode == 0, "\(printed.errors)")
    // What is printed is both.
    for name in ["again.json", "again.yml"] {
      #expect(
        try Tool.train.run("--print", try write(printed.output, name)).output == printed.output)
    }
    // So are all built-in recipes.
    for line in try Tool.train.run("--list").output.split(separator: "\n") {
      let name = String(try #require(line.split(separator: " ").first))
      let json = try Tool.train.run("--print", name).output
      let yaml = try Tool.train.run("--print", name, "--yaml").output
      for text in [json, yaml] {
        let again = try Tool.train.run("--print", try write(text, "again.yaml"))
        #expect(again.output == json, "\(name): \(again.errors)")
      }
    }
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(work.path("r.yaml"), "--output", model)
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    for (right, wrong, place) in [
      ("rate: 0.01", "rate: -1", "line 8, column 3: /optimizer/rate"),
      ("rate: 0.01", "rate: yes", "line 8, column 3: /optimizer/rate"),
      ("epochs: 2", "epochs: 2\nepochs: 3", "line 9, column 1"),
      ("kind: dense", "kind: danse", "line 6, column 5: /layers/0/kind"),
      ("epochs: 2", "epochs 2", "line 10, column 1"),
      ("epochs: 2", "", "line 1, column 1: a required key is missing"),
    ] {
      let path = try write(text.replacingOccurrences(of: right, with: wrong), "bad.yaml")
      let outcome = try Tool.train.run("--print", path)
      #expect(outcome.exitCode == 65 && outcome.output.isEmpty)
      #expect(outcome.errors.contains("bad.yaml: \(place)"), "\(outcome.errors)")
    }
  }

  @Test func everyLayerReadsBack() throws {
    let recipe = try write(
      """
      {"name": "all", "loss": "cross-entropy", "epochs": 2, "batch": 4,
       "optimizer": {"kind": "rmsprop", "rate": 0.1, "momentum": 0.5, "rho": 0.8},
       "schedule": {"kind": "plateau", "factor": 0.5, "patience": 2, "warm_up": 0.5},
       "regularization": {"l1": 0.1, "l2": 0.2}, "clipping": {"norm": 2}, "accumulate": 3,
       "averaging": {"decay": 0.9},
       "early_stopping": {"patience": 4, "least_change": 0.1}, "keep": "best",
       "monitor": {"name": "loss", "better": "smaller"}, "metrics": ["accuracy", "top3_accuracy"],
       "checkpoint": {"epochs": 2, "minutes": 0.5}, "label_smoothing": 0.1,
       "augmentation": {"flip": true, "shift": 2, "rotate": 10, "crop": 0.1, "brightness": 0.2,
        "noise": 0.05},
       "layers": [
        {"kind": "conv", "filters": 4, "kernel": [3, 1], "stride": 2, "dilation": [2, 1],
         "groups": 2, "padding": "reflect", "bias": false},
        {"kind": "residual", "layers": [{"kind": "batch-norm"}], "shortcut": [{"kind": "dropout",
         "rate": 0.5}]},
        {"kind": "max-pool", "size": 2, "padding": "same"}, {"kind": "global-average-pool"},
        {"kind": "polynomial", "degree": 2, "interactions": true},
        {"kind": "reshape", "shape": [2, 3]}, {"kind": "transpose"},
        {"kind": "lstm", "units": 3, "bidirectional": true, "sequences": true},
        {"kind": "gru", "units": 2}, {"kind": "dense", "units": 3, "bias": false},
        {"kind": "activation", "function": "leaky-relu", "alpha": 0.2},
        {"kind": "activation", "function": "softmax"}]}
      """, "all.json")
    let printed = try Tool.train.run("--print", recipe)
    #expect(printed.exitCode == 0, "\(printed.errors)")
    let again = try Tool.train.run("--print", try write(printed.output, "again.json"))
    #expect(again.output == printed.output)
    for word in ["\"dilation\"", "\"top3_accuracy\"", "\"minutes\": 0.5", "\"rho\": 0.8"] {
      #expect(printed.output.contains(word), "\(word)")
    }
  }

  @Test(arguments: [
    ("\"rate\": 0.1", "\"rate\": -1", "line 4, column 16: /optimizer/rate"),
    ("\"rate\": 0.1", "\"rote\": 1", "line 4, column 2: /optimizer"),
    ("\"epochs\": 2,", "\"epochs\": \"2\",", "line 5, column 2: /epochs"),
    ("\"dense\"", "\"danse\"", "line 3, column 14: /layers/0/kind"),
    ("\"epochs\": 2,", "\"epochs\": 2", "line 6, column 2"),
    ("\"quadratic\"", "\"cross-entropy\"", "line 2, column 2: /loss"),
  ])
  func mistakesAreNamedWithTheirPosition(_ right: String, wrong: String, place: String) throws {
    let text = """
      {"name": "r",
       "loss": "quadratic",
       "layers": [{"kind": "dense"}],
       "optimizer": {"rate": 0.1},
       "epochs": 2,
       "batch": "all"}
      """
    let data = try write("x,y\n1,2\n2,4\n3,7\n4,8\n5,9\n", "t.csv")
    let path = try write(text.replacingOccurrences(of: right, with: wrong), "r.json")
    let outcome = try Tool.train.run(path, "--data", data, "--output", work.path("m.mrdl"))
    #expect(outcome.exitCode == 65)
    #expect(outcome.messages.count == 1)
    #expect(outcome.errors.contains("\(path): \(place)"), "\(outcome.errors)")
  }

  @Test func overridesAreNamedWhereTheyAreWrong() throws {
    let outcome = try Tool.train.run(
      "line", "--set", "optimizer.rate=fast", "--output", work.path("m.mrdl"))
    #expect(outcome.exitCode == 65)
    #expect(
      outcome.errors.contains("--set optimizer.rate=fast: /optimizer/rate"), "\(outcome.errors)")
  }

  // MARK: Algorithms

  @Test func leastSquaresIsExactAndInferReadsItsTable() throws {
    // y = 2a − 3b + 4, and a category that adds 10.
    var text = "a,kind,b,y\n"
    for (index, kind) in ["u", "v", "v", "u", "v", "u"].enumerated() {
      let (a, b) = (Double(index), Double(index * index % 5))
      text += "\(a),\(kind),\(b),\(2 * a - 3 * b + 4 + (kind == "v" ? 10 : 0))\n"
    }
    let data = try write(text, "t.csv")
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      "least-squares", "--data", data, "--output", model, "--set",
      "data.features=[\"a\",\"kind=v\",\"b\"]")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let numbers = outcome.output.split(separator: "\n").dropFirst().map {
      Double($0.split(separator: " ")[1]) ?? .nan
    }
    #expect(numbers.count == 4)
    for (found, expected) in zip(numbers, [4.0, 2, 10, -3]) {
      #expect(abs(found - expected) < 1e-9, "\(outcome.output)")
    }
    // Columns go by their names, whatever their order.
    let rows = try write("b,kind,a\n1,v,10\n0,u,0\n", "rows.csv")
    let answer = try Tool.infer.run(model, rows, "--format", "csv")
    #expect(answer.exitCode == 0, "\(answer.errors)")
    let values = answer.output.split(separator: "\n").dropFirst().compactMap {
      $0.split(separator: ",").last.flatMap { Double($0) }
    }
    #expect(values.count == 2)
    for (found, expected) in zip(values, [31.0, 4]) {
      #expect(abs(found - expected) < 1e-6, "\(answer.output)")
    }
    let score = try Tool.infer.run(model, "--evaluate", data, "--format", "json")
    #expect(score.exitCode == 0, "\(score.errors)")
    guard case .number(let r2)? = try JSONParser.parse(score.output)["measures"]?["r2"] else {
      Issue.record("no R² in \(score.output)")
      return
    }
    #expect(r2 > 1 - 1e-12)
    #expect(try Tool.validate.run(model).exitCode == 0)
  }

  @Test func dependentFeaturesAreRefused() throws {
    let data = try write("a,b,y\n1,2,1\n2,4,2\n3,6,5\n4,8,1\n", "t.csv")
    let outcome = try Tool.train.run(
      "least-squares", "--data", data, "--output", work.path("m.mrdl"))
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("depend on each other"))
  }

  @Test func theTutorialsLineIsFoundWithinItsNoise() throws {
    let outcome = try Tool.train.run("line", "--output", work.path("m.mrdl"))
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let descent = outcome.output.split(separator: "\n").dropFirst().map {
      Double($0.split(separator: " ")[1]) ?? .nan
    }
    let exact = try Tool.train.run(
      "line", "--set", "solver=qr", "--output", work.path("q.mrdl"))
    let closed = exact.output.split(separator: "\n").dropFirst().map {
      Double($0.split(separator: " ")[1]) ?? .nan
    }
    // 6 dB: deviation √(325 / 3.98) ≈ 9, so that the intercept errs by 0.9 and the slope by 0.15.
    #expect(abs(closed[0] - 5) < 3.6 && abs(closed[1] - 3) < 0.6, "\(exact.output)")
    for (a, b) in zip(descent, closed) {
      // 10,000 steps at rate 0.001 leave e⁻¹⁰ of the way to the intercept.
      #expect(abs(a - b) < 1e-3 * abs(b), "\(outcome.output)\(exact.output)")
    }
  }

  @Test func circlesAreToldApartAndEvaluated() throws {
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      "circles", "--output", model, "--report", work.path("report"))
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let page = try FileContent.readText(work.path("report/index.html"))
    for name in ["curve-loss", "curve-accuracy", "confusion", "boundary"] {
      let picture = try FileContent.readText(work.path("report/\(name).svg"))
      #expect(picture.hasPrefix("<svg") && picture.hasSuffix("</svg>\n"))
      #expect(page.contains(picture), "\(name) is not on the page")
      let pixels = try ImageDecoder.decode(file: work.path("report/\(name).png"))
      #expect(pixels.width == 960 && pixels.height > 300)
    }
    #expect(!page.contains("<script") && !page.contains("src="))
    let data = try write("x1,x2,class\n0.5,0.5,1\n1.5,-1.5,0\n-0.2,0.9,1\n2,0.1,0\n", "t.csv")
    let score = try Tool.infer.run(model, "--evaluate", data, "--format", "json")
    let measures = try JSONParser.parse(score.output)["measures"]
    #expect(measures?["accuracy"] == .number(1), "\(score.output)")
    #expect(measures?["roc_auc"] == .number(1))
    let unknown = try write("x1,x2,class\n1,1,7\n", "u.csv")
    #expect(try Tool.infer.run(model, "--evaluate", unknown).exitCode == 65)
  }

  @Test func whatIsLearnedOfTheDataIsLearnedOfTheTrainingRowsAlone() throws {
    var text = "a,y\n"
    for row in 0..<20 { text += "\(row < 15 ? "\(row)" : "1000"),\(row)\n" }
    let model = work.path("m.mrdl")
    let outcome = try Tool.train.run(
      "least-squares", "--data", try write(text, "t.csv"), "--output", model, "--set",
      "data.ordered=true", "--set", "data.test=0.25")
    #expect(outcome.exitCode == 0, "\(outcome.errors)")
    let opened = try ModelFile.open(model)
    guard case .features(let features)? = opened.preprocessing["x"] else {
      Issue.record("no features")
      return
    }
    #expect(features.mean == [7])
    #expect(opened.card.datasets.map(\.split) == ["train", "test"])
    #expect(opened.card.datasets.map(\.sampleCount) == [15, 5])
    #expect(Set(opened.card.metrics.map(\.split)) == ["test"])
    #expect(opened.card.datasets[0].digest == Digest(of: Array(text.utf8)).hexadecimal)
  }

  // MARK: Going on

  private let long = [
    "circles", "--set", "data.samples=2000", "--set", "batch=4", "--set", "checkpoint.epochs=1",
    "--epochs", "600", "--set", "optimizer.rate=0.01", "--set", "keep=best", "--threads", "1",
  ]
  private let environment = ["SOURCE_DATE_EPOCH": "0"]

  /// Pieces of series, whose states go on from batch to batch.
  private func stateful() throws -> [String] {
    let (count, steps) = (600, 4)
    let root = work.path("pieces")
    try FileSystem.createDirectory(root)
    let bits = (0..<(count * steps)).map { ($0 * $0 * 7 + $0 * 13) % 11 % 2 }
    let arrays = [
      "x": Tensor(bits.map { Float($0) }, shape: Shape([count, steps, 1])),
      "y": Tensor([-1] + bits.dropLast().map { Int64($0) }, shape: Shape([count, steps])),
      "s": Tensor((0..<count).map { Int64($0 / 150) }),
    ]
    for (name, tensor) in arrays {
      try NPY.write(tensor, to: "\(root)/\(name).npy", replacing: true)
    }
    let recipe = try write(
      """
      name: pieces
      epochs: 400
      loss: cross-entropy
      data: {stepwise: true, series: s, ordered: true, test: 0}
      optimizer: {kind: adam, rate: 1e-4}
      stateful: true
      truncate: 2
      layers:
        - {kind: gru, units: 8, sequences: true}
        - {kind: lstm, units: 4, sequences: true}
        - kind: dense
        - {kind: activation, function: softmax}
      """, "pieces.yaml")
    return [
      recipe, "--data", root, "--set", "batch=3", "--set", "checkpoint.epochs=1", "--threads", "1",
    ]
  }

  /// Runs until there is a checkpoint, ends the process by a signal, goes on, and gives the model's bytes.
  private func resumed(
    _ arguments: [String], after signal: Int32, _ name: String
  ) throws -> (status: Int32, reason: Process.TerminationReason, model: Data?) {
    let output = work.path("\(name).mrdl")
    let checkpoint = work.path("\(name).checkpoint.mrdl")
    let process = Tool.train.process(
      arguments + ["--output", output], environment: environment)
    try process.run()
    while process.isRunning, FileSystem.kind(of: checkpoint) != .file { usleep(2000) }
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(FileSystem.kind(of: output) == nil, "the run was over too soon")
    var more: [String] = []
    if let place = arguments.firstIndex(of: "--data") {
      more = Array(arguments[place...(place + 1)])
    }
    let next = Tool.train.process(
      ["--resume", checkpoint, "--output", output, "--threads", "2"] + more,
      environment: environment)
    try next.run()
    next.waitUntilExit()
    #expect(next.terminationStatus == 0)
    #expect(FileSystem.kind(of: checkpoint) == nil, "a finished run leaves its checkpoint")
    return (
      process.terminationStatus, process.terminationReason,
      FileManager.default.contents(atPath: output)
    )
  }

  @Test(arguments: [false, true])
  func aRunThatWasEndedGoesOnToTheSameBytes(isStateful: Bool) throws {
    let arguments = isStateful ? try stateful() : long
    let whole = Tool.train.process(
      arguments + ["--output", work.path("whole.mrdl")], environment: environment)
    try whole.run()
    let killed = try resumed(arguments, after: SIGKILL, "killed")
    let interrupted = try resumed(arguments, after: SIGINT, "interrupted")
    whole.waitUntilExit()
    let expected = try #require(FileManager.default.contents(atPath: work.path("whole.mrdl")))
    #expect(killed.reason == .uncaughtSignal)
    #expect(killed.model == expected)
    #expect(interrupted.reason == .exit && interrupted.status == 130)
    #expect(interrupted.model == expected)
  }

  @Test func aFullDiskLeavesTheLastCheckpoint() throws {
    let output = work.path("m.mrdl")
    let checkpoint = work.path("m.checkpoint.mrdl")
    let process = Tool.train.process(long + ["--output", output])
    try process.run()
    while process.isRunning, FileSystem.kind(of: checkpoint) != .file { usleep(2000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let before = try #require(FileManager.default.contents(atPath: checkpoint))
    // A limit on the size of files stands for the full disk.
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = [
      "-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" --resume \"$1\" --output \"$2\" 2>/dev/null",
      "\(Tool.directory)/mrdl-train", checkpoint, output,
    ]
    shell.standardOutput = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationStatus == 74)
    #expect(FileManager.default.contents(atPath: checkpoint) == before)
    #expect(FileSystem.kind(of: output) == nil)
  }

  @Test func aCheckpointOfOtherDataIsRefused() throws {
    let data = try write((0..<200).reduce("a,y\n") { "\($0)\($1),\($1 % 7)\n" }, "t.csv")
    let output = work.path("m.mrdl")
    let process = Tool.train.process([
      "linear", "--data", data, "--epochs", "1000000", "--set", "checkpoint.epochs=1", "--output",
      output,
    ])
    try process.run()
    let checkpoint = work.path("m.checkpoint.mrdl")
    while process.isRunning, FileSystem.kind(of: checkpoint) != .file { usleep(2000) }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let other = try write((0..<200).reduce("a,y\n") { "\($0)\($1),\($1 % 8)\n" }, "u.csv")
    let outcome = try Tool.train.run("--resume", checkpoint, "--data", other, "--output", output)
    #expect(outcome.exitCode == 65)
    #expect(outcome.errors.contains("MRDL5006"), "\(outcome.errors)")
  }
}
