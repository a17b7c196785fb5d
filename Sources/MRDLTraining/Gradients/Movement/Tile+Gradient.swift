internal import MRDLOperators

/// y = x many times: each element gets the residuals of where it went.
public enum TileRule: MovementRule {
  static let movement: any Operator.Type = Tile.self
}
