/// What people should know of a model.
public struct ModelCard: Sendable, Hashable {
  public var name = ""
  public var description = ""
  public var authors: [String] = []
  /// An SPDX licence expression.
  public var license = ""
  public var datasets: [Dataset] = []
  public var metrics: [Metric] = []
  /// The model that this one was made from.
  public var baseModel = ""
  /// The program that wrote the file, with its version.
  public var producer = ""
  /// RFC 3339 in UTC.
  public var created = ""

  public init() {}

  /// Data that a model was trained or measured on.
  public struct Dataset: Sendable, Hashable {
    public var name: String
    /// `train`, `validation` or `test`.
    public var split: String
    public var sampleCount: Int
    /// The SHA-256 of the files, in hexadecimal digits; empty where it is not known.
    public var digest: String

    public init(name: String, split: String, sampleCount: Int, digest: String = "") {
      self.name = name
      self.split = split
      self.sampleCount = sampleCount
      self.digest = digest
    }
  }

  /// A score together with the data that it was measured on.
  public struct Metric: Sendable, Hashable {
    public var name: String
    public var value: Double
    public var dataset: String
    /// `train`, `validation` or `test`.
    public var split: String

    public init(name: String, value: Double, dataset: String, split: String) {
      self.name = name
      self.value = value
      self.dataset = dataset
      self.split = split
    }
  }
}
