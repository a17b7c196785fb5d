public import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// The sum of blocks at their places in an image, written as a transposed convolution whose filters put each element of
/// a block where it belongs.
public enum Col2ImRule: ExpansionRule {
  public static let operatorName = "Col2Im"

  public static func expand(_ step: inout ExpansionStep) throws(MRDLError) {
    guard let image = step.inputs[1]?.integers, let block = step.inputs[2]?.integers,
      image.count == block.count
    else { throw step.refusal("the shapes of image and block are not constant") }
    let rank = image.count
    let columns = try step.extent(0, 1)
    let area = block.reduce(1, *)
    guard area > 0, columns % area == 0 else { throw step.refusal("the block is empty") }
    let ones = [Int](repeating: 1, count: rank)
    let strides = step.integers("strides") ?? ones
    let dilations = step.integers("dilations") ?? ones
    let pads = step.integers("pads") ?? [Int](repeating: 0, count: 2 * rank)
    var (counts, rest): ([Int], [Int64]) = ([], [])
    for axis in 0..<rank {
      let span = (block[axis] - 1) * dilations[axis] + 1
      let room = image[axis] + pads[axis] + pads[rank + axis] - span
      counts.append(room / strides[axis] + 1)
      rest.append(Int64(room % strides[axis]))
    }
    // For each channel and element of a block a filter with one 1.
    let filters = (0..<columns * area).map { $0 / area % area == $0 % area ? 1.0 : 0 }
    let weights = try step.numbers(filters, Shape([columns, 1] + block))
    let blocks = step.add(
      "Reshape", [step.inputNames[0], step.integers([0, columns] + counts)])
    var attributes: [String: AttributeValue] = [
      "group": .integer(Int64(columns / area)), "output_padding": .integers(rest),
    ]
    for name in ["strides", "dilations", "pads"] {
      attributes[name] = step.node.attributes[name]
    }
    step.setOutput(0, to: step.add("ConvTranspose", [blocks, weights], attributes))
  }
}
