public import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The points of an image under an affine map, written as the product of the points of the identity and the map.
public enum AffineGridRule: ExpansionRule {
  public static let operatorName = "AffineGrid"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    guard var size = step.inputs[1]?.integers, size.count > 2 else {
      throw step.refusal("the size of the image is not constant")
    }
    let theta = step.inputNames[0]
    let rank = size.count - 2
    let extents = Array(size[2...])
    size[0] = 1
    let identity = (0..<rank * (rank + 1)).map { $0 / (rank + 1) == $0 % (rank + 1) ? 1.0 : 0 }
    let grid = step.add(
      "AffineGrid",
      [try step.numbers(identity, [1, rank, rank + 1]), step.integers(size)], step.node.attributes)
    let points = step.add("Reshape", [grid, step.integers([-1, rank])])
    func columns(_ step: inout ExpansionStep, _ start: Int, _ end: Int) -> String {
      let bounds = [start, end, 2].map { step.integers([$0]) }
      let part = step.add("Slice", [theta] + bounds)
      return step.add("Transpose", [part], ["perm": .integers([0, 2, 1])])
    }
    let turned = step.add("MatMul", [points, columns(&step, 0, rank)])
    let moved = step.add("Add", [turned, columns(&step, rank, rank + 1)])
    step.setOutput(
      0, to: step.add("Reshape", [moved, step.integers([-1] + extents + [rank])]))
  }
}
