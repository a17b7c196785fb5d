extension OperatorSet {
  /// Every operator that inference knows, a line each.
  public static let standard = OperatorSet([
    Add.self,
    Cast.self,
    Concat.self,
    Constant.self,
    Div.self,
    Flatten.self,
    Identity.self,
    Mul.self,
    Pad.self,
    Reshape.self,
    ShapeOf.self,
    Squeeze.self,
    Sub.self,
    Transpose.self,
    Unsqueeze.self,
  ])
}
