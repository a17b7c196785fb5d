public import MRDLCore
internal import MRDLModel

/// ONNX Col2Im: sums of blocks [N, C · elements of a block, blocks] at their places in an image [N, C, …].
///
/// Inputs: the blocks, the shape of the image and that of a block. Any number of spatial axes, with
/// `strides`, `dilations` and `pads`.
public struct Col2Im: Operator {
  public static let name = "Col2Im"
  public static let inputCount = 3...3

  private let strides: [Int]?
  private let dilations: [Int]?
  private let pads: [Int]?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    strides = try attributes.integers("strides", in: 1...(1 << 30))
    dilations = try attributes.integers("dilations", in: 1...(1 << 30))
    pads = try attributes.integers("pads", in: 0...(1 << 30))
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .arithmetic)
    guard let image = try operands.integers(1), let block = try operands.integers(2),
      let shape = try operands.shape(0, rank: 3...3)
    else { return [ValueFacts(data.scalarType, nil)] }
    let rank = image.count
    guard block.count == rank, rank > 0, image.allSatisfy({ $0 > 0 }),
      block.allSatisfy({ $0 > 0 }), strides.map({ $0.count == rank }) ?? true,
      dilations.map({ $0.count == rank }) ?? true, pads.map({ $0.count == 2 * rank }) ?? true,
      let area = block.reduce(Optional(1), { $0?.multipliedChecked(by: $1) })
    else {
      throw operands.badAttribute(
        "image, block and attributes do not fit each other", found: "\(image), \(block)")
    }
    let counts = blockCounts(image, block)
    guard counts.allSatisfy({ $0 > 0 }) else {
      throw operands.shapeMismatch(
        "a block does not fit into the image", found: "\(block)", expected: "at most \(image)")
    }
    _ = try operands.unify(
      shape[2], .fixed(counts.reduce(1, *)), "there are not as many blocks as places")
    var channels = Dimension.unknown
    if let width = shape[1].value {
      guard width % area == 0 else {
        throw operands.shapeMismatch(
          "the columns are no multiple of a block", found: "\(width)",
          expected: "a multiple of \(area)")
      }
      channels = .fixed(width / area)
    }
    return [
      ValueFacts(
        data.scalarType, SymbolicShape([shape[0], channels] + image.map { .fixed($0) }))
    ]
  }

  private func blockCounts(_ image: [Int], _ block: [Int]) -> [Int] {
    image.indices.map { axis in
      let span = (block[axis] - 1) * (dilations?[axis] ?? 1) + 1
      let room =
        image[axis] + (pads?[axis] ?? 0) + (pads?[image.count + axis] ?? 0) - span
      return room < 0 ? 0 : room / (strides?[axis] ?? 1) + 1
    }
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let output = request.outputShape()
    let image = Array(output.dimensions[2...])
    guard let block = request.inputs[2]?.constant else {
      throw MRDLError(
        .dataDependentShape, "the shape of a block is known only while running", at: request.place)
    }
    let extents = block.elements(as: Int64.self).map { Int($0) }
    let ones = [Int](repeating: 1, count: image.count)
    return Col2ImKernel(
      type: request.inputType(0), planes: output[0] * output[1], image: image, block: extents,
      counts: blockCounts(image, extents), strides: strides ?? ones, dilations: dilations ?? ones,
      begins: Array((pads ?? ones.map { _ in 0 } + ones.map { _ in 0 }).prefix(image.count)))
  }
}

private struct Col2ImKernel: Kernel {
  let type: ScalarType
  let planes: Int
  let image: [Int]
  let block: [Int]
  let counts: [Int]
  let strides: [Int]
  let dilations: [Int]
  let begins: [Int]

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: Col2ImKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let zero = Number(nearest: 0)
      for index in y.indices { y[index] = zero }
      let area = kernel.block.reduce(1, *)
      let count = kernel.counts.reduce(1, *)
      let volume = kernel.image.reduce(1, *)
      for plane in 0..<kernel.planes {
        for tap in 0..<area {
          for place in 0..<count {
            var (restTap, restPlace, step, target) = (tap, place, 1, 0)
            var isInside = true
            for axis in kernel.image.indices.reversed() {
              let position =
                restPlace % kernel.counts[axis] * kernel.strides[axis] - kernel.begins[axis]
                + restTap % kernel.block[axis] * kernel.dilations[axis]
              isInside = isInside && position >= 0 && position < kernel.image[axis]
              target += position * step
              step *= kernel.image[axis]
              restPlace /= kernel.counts[axis]
              restTap /= kernel.block[axis]
            }
            guard isInside else { continue }
            let index = plane * volume + target
            y[index] = y[index].adding(x[(plane * area + tap) * count + place])
          }
        }
      }
    }
  }
}
