extension OperatorSet {
  /// Every operator that inference knows, a line each.
  public static let standard = OperatorSet([
    Identity.self,
    Reshape.self,
  ])
}
