public import MRDLCore
internal import MRDLModel

/// ONNX NonMaxSuppression (NMS): the boxes that are left when those that overlap a better one are taken
/// away, class by class.
///
/// Inputs: boxes [batch, boxes, 4], scores [batch, classes, boxes], and maybe the number of boxes of each
/// class (0 unless given), the largest permitted IOU (0), and the least score. Boxes are two opposite
/// corners y₁, x₁, y₂, x₂; with `center_point_box` centre x, centre y, width, height. Output: a row of
/// batch, class and box for each, best first.
public struct NonMaxSuppression: DataDependentOperator {
  public static let name = "NonMaxSuppression"
  public static let inputCount = 2...5

  private let hasCenters: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    hasCenters = try attributes.flag("center_point_box")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try operands.required(0, of: [.float32])
    _ = try operands.required(1, of: [.float32])
    let boxes = try operands.shape(0, rank: 3...3)
    let scores = try operands.shape(1, rank: 3...3)
    if let boxes, let scores {
      let message = "boxes and scores do not fit"
      _ = try operands.unify(boxes[0], scores[0], message)
      _ = try operands.unify(boxes[1], scores[2], message)
      _ = try operands.unify(boxes[2], 4, message)
    }
    return [ValueFacts(.int64, [.unknown, 3])]
  }

  public func evaluate(
    _ inputs: [Tensor?], outputCount: Int, place: Place
  ) throws(MRDLError) -> [Tensor?] {
    let facts = inputs.map { $0.map { ValueFacts(constant: $0) } }
    _ = try infer(Operands(facts, outputCount: 1, place: place))
    guard let boxTensor = inputs[0], let scoreTensor = inputs[1] else { return [nil] }
    func number(_ index: Int) -> Double? { index < facts.count ? facts[index]?.number : nil }
    let limit = Int(max(0, min(number(2) ?? 0, 0x1p53)))
    let overlap = Float(number(3) ?? 0)
    let least = number(4).map { Float($0) }
    let scores = scoreTensor.elements(as: Float.self)
    let coordinates = boxTensor.elements(as: Float.self)
    let (batch, classes, count) = (
      scoreTensor.shape[0], scoreTensor.shape[1], scoreTensor.shape[2]
    )
    let boxes = (0..<(batch * count)).map { index in
      Box(coordinates[(index * 4)..<(index * 4 + 4)], hasCenter: hasCenters)
    }
    var rows: [Int64] = []
    for picture in 0..<batch {
      for kind in 0..<classes {
        let first = (picture * classes + kind) * count
        let order = (0..<count)
          .filter { box in least.map { scores[first + box] > $0 } ?? true }
          .sorted { (scores[first + $0], $1) > (scores[first + $1], $0) }
        var kept: [Int] = []
        for box in order {
          if kept.count >= limit { break }
          let candidate = boxes[picture * count + box]
          if kept.contains(where: { candidate.iou(boxes[picture * count + $0]) > overlap }) {
            continue
          }
          kept.append(box)
          rows += [Int64(picture), Int64(kind), Int64(box)]
        }
      }
    }
    return [Tensor(rows, shape: Shape([rows.count / 3, 3]))]
  }

  /// A rectangle by two opposite corners.
  private struct Box {
    let low: (Float, Float)
    let high: (Float, Float)

    init(_ numbers: ArraySlice<Float>, hasCenter: Bool) {
      let n = Array(numbers)
      if hasCenter {
        low = (n[1] - n[3] / 2, n[0] - n[2] / 2)
        high = (n[1] + n[3] / 2, n[0] + n[2] / 2)
      } else {
        low = (min(n[0], n[2]), min(n[1], n[3]))
        high = (max(n[0], n[2]), max(n[1], n[3]))
      }
    }

    var area: Float { (high.0 - low.0) * (high.1 - low.1) }

    /// The area that both cover over the area that either covers.
    func iou(_ other: Box) -> Float {
      let height = min(high.0, other.high.0) - max(low.0, other.low.0)
      let width = min(high.1, other.high.1) - max(low.1, other.low.1)
      guard height > 0, width > 0, area > 0, other.area > 0 else { return 0 }
      let both = height * width
      return both / (area + other.area - both)
    }
  }
}
