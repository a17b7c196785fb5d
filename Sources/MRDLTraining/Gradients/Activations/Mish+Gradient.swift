/// y = x tanh(log(1 + eˣ)).
public enum MishRule: FunctionRule {
  public static let operatorName = "Mish"
}
