package import MRDLCore
package import MRDLDatasets

/// Where samples come from, and what of them is the input and the target.
package struct DataRecipe: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, CaseIterable {
    /// Told by what `--data` names: a directory with IDX files or with a folder for each class, CIFAR-10, a
    /// table, series.
    case auto
    /// Points on a line, made from the seed (the experiment of the source text).
    case line
    /// Two rings, made from the seed.
    case circles
  }

  package enum Missing: String, Sendable, Hashable, CaseIterable {
    /// A missing number becomes the mean of the training split.
    case mean
    /// Rows with a missing cell are left out.
    case drop
    /// A missing number becomes the one before it: for series in time.
    case previous
  }

  /// Whether the target is a class: by the loss unless stated.
  package enum Task: String, Sendable, Hashable, CaseIterable {
    case classification
    case regression
  }

  package var kind: Kind
  /// How many points are made up.
  package var sampleCount: Int
  /// Files in the directory, side by side; empty for the one that `--data` names.
  package var files: [String]
  package var csv: CSVOptions
  /// The array of inputs, without `_train` and `_test`, where the data are arrays.
  package var inputs: String
  /// The array of targets.
  package var targets: String
  /// Whether each step of a sample has a class or quantities of its own.
  package var isStepwise: Bool
  /// The array of how many steps of each sample are real, nil where all are.
  package var lengths: String?
  /// The array that tells which series each sample is a piece of, nil where all are of one.
  package var series: String?
  /// nil: the last column.
  package var target: String?
  /// nil: every other column.
  package var features: [String]?
  package var ignored: [String]
  /// Columns of numbers that are categories even so.
  package var categorical: [String]
  package var missing: Missing
  /// Whether features, and targets that are quantities, are brought to mean 0 and deviation 1.
  package var standardizes: Bool
  package var task: Task?
  /// The share of the samples that only measure; nil for a fifth where the data have no split of their own.
  package var testShare: Double?
  /// Whether the rows keep their order, the last ones measuring: for series in time.
  package var isOrdered: Bool
  /// How the target is forecast from its own past; nil for rows that are told by their features.
  package var forecast: ForecastRecipe?

  static let keys: Set = [
    "kind", "samples", "files", "separator", "header", "columns", "target", "features", "ignore",
    "categorical", "missing", "standardize", "task", "test", "ordered", "forecast", "inputs",
    "targets", "series", "stepwise", "lengths",
  ]

  init(_ cursor: JSONCursor?) throws(MRDLError) {
    let cursor = cursor ?? JSONCursor(.object([] as [JSONMember]))
    try cursor.refuseUnknownKeys(except: Self.keys)
    kind = try cursor.optional("kind")?.choice() ?? .auto
    sampleCount = try cursor.optional("samples")?.count() ?? 100
    files = try cursor.optional("files")?.strings() ?? []
    csv = CSVOptions(
      separator: try cursor.optional("separator")?.choice() ?? .auto,
      header: try cursor.optional("header")?.choice() ?? .auto,
      columnNames: try cursor.optional("columns")?.strings() ?? [])
    inputs = try cursor.optional("inputs")?.string() ?? "x"
    targets = try cursor.optional("targets")?.string() ?? "y"
    series = try cursor.optional("series")?.string()
    lengths = try cursor.optional("lengths")?.string()
    isStepwise = try cursor.bool("stepwise", default: false)
    target = try cursor.optional("target")?.string()
    features = try cursor.optional("features")?.strings()
    ignored = try cursor.optional("ignore")?.strings() ?? []
    categorical = try cursor.optional("categorical")?.strings() ?? []
    forecast = try ForecastRecipe(cursor.optional("forecast"))
    missing = try cursor.optional("missing")?.choice() ?? (forecast == nil ? .mean : .previous)
    standardizes = try cursor.bool("standardize", default: true)
    task = try cursor.optional("task")?.choice()
    testShare = try cursor.optional("test")?.share()
    isOrdered = try cursor.bool("ordered", default: false)
  }

  /// The data as JSON, with every default written out.
  package var encoded: JSONValue {
    var members = [JSONMember("kind", .string(kind.rawValue))]
    if kind != .auto { members.append(JSONMember("samples", .integer(Int64(sampleCount)))) }
    func add(_ key: String, _ strings: [String]) {
      if !strings.isEmpty { members.append(JSONMember(key, .strings(strings))) }
    }
    add("files", files)
    members.append(JSONMember("separator", .string(csv.separator.rawValue)))
    members.append(JSONMember("header", .string(csv.header.rawValue)))
    add("columns", csv.columnNames)
    members += [JSONMember("inputs", .string(inputs)), JSONMember("targets", .string(targets))]
    if isStepwise { members.append(JSONMember("stepwise", .bool(true))) }
    if let lengths { members.append(JSONMember("lengths", .string(lengths))) }
    if let series { members.append(JSONMember("series", .string(series))) }
    if let target { members.append(JSONMember("target", .string(target))) }
    if let features { members.append(JSONMember("features", .strings(features))) }
    add("ignore", ignored)
    add("categorical", categorical)
    members += [
      JSONMember("missing", .string(missing.rawValue)),
      JSONMember("standardize", .bool(standardizes)),
    ]
    if let task { members.append(JSONMember("task", .string(task.rawValue))) }
    if let testShare { members.append(JSONMember("test", .number(testShare))) }
    members.append(JSONMember("ordered", .bool(isOrdered)))
    if let forecast { members.append(JSONMember("forecast", forecast.encoded)) }
    return .object(members)
  }
}
