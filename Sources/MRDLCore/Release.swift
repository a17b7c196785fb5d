/// This release of the package.
public enum Release {
  /// The version, by the rules of Semantic Versioning.
  public static let version = "0.1.0"
  /// What the files that this package writes name as their producer.
  public static let producer = "MRDL " + version
}
