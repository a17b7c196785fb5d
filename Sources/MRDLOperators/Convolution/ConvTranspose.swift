public import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// ONNX ConvTranspose: a transposed convolution.
///
/// Inputs: X [N, C, …], W [C, M / group, …] and maybe B [M]. Output: Y [N, M, …], along each axis
/// stride · (in − 1) + output_padding + (kernel − 1) · dilation + 1 − pads; or `output_shape`, with pads to
/// match.
public struct ConvTranspose: FusibleOperator {
  public static let name = "ConvTranspose"
  public static let inputCount = 2...3

  private let window: WindowAttributes
  package let group: Int
  private let outputPadding: [Int]?
  private let outputShape: [Int]?

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: false)
    group = try attributes.integer("group", default: 1, in: 1...(1 << 30))
    outputPadding = try attributes.integers("output_padding", in: 0...(1 << 30))
    outputShape = try attributes.integers("output_shape", in: 0...(1 << 30))
  }

  /// One axis of the output, and what is cut off before and behind it.
  private func axis(
    _ axis: Int, of axisCount: Int, input: Int, kernel: Int
  ) -> (extent: Int, padBegin: Int, padEnd: Int) {
    let stride = window.strides?[axis] ?? 1
    let whole =
      stride * (input - 1) + (outputPadding?[axis] ?? 0)
      + (kernel - 1) * (window.dilations?[axis] ?? 1) + 1
    let rank = (window.pads?.count ?? 0) / 2
    var extent: Int?
    if let outputShape {
      // Some exporters write the whole shape.
      extent = outputShape[outputShape.count - axisCount + axis]
    } else if window.autoPad == .sameUpper || window.autoPad == .sameLower {
      extent = input * stride
    }
    guard let extent else {
      let begin = window.autoPad == .valid ? 0 : window.pads?[axis] ?? 0
      let end = window.autoPad == .valid ? 0 : window.pads.map { $0[axis + rank] } ?? 0
      return (whole - begin - end, begin, end)
    }
    let padding = max(0, whole - extent)
    return window.autoPad == .sameUpper
      ? (extent, padding / 2, padding - padding / 2)
      : (extent, padding - padding / 2, padding / 2)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...2, among: .floats)
    guard let x = try operands.shape(0, rank: 3...5),
      let w = try operands.shape(1, rank: 3...5)
    else { return [ValueFacts(type, nil)] }
    let rank = x.rank - 2
    let message = "the weights do not fit the input"
    guard w.rank == x.rank else { throw operands.shapeMismatch(message, found: "\(w)") }
    _ = try operands.unify(x[1], w[0], message)
    if let channels = w[0].value, channels % group != 0 {
      throw operands.shapeMismatch(
        "the channels are not whole groups", found: "\(channels)",
        expected: "a multiple of \(group)")
    }
    for (name, list, count) in [
      ("kernel_shape", window.kernelShape, rank), ("strides", window.strides, rank),
      ("dilations", window.dilations, rank), ("pads", window.pads, 2 * rank),
      ("output_padding", outputPadding, rank),
    ] {
      guard let list, list.count != count else { continue }
      throw operands.badAttribute(
        "attribute \"\(name)\" does not fit the input", found: Quantity.count(list.count, "number"),
        expected: "\(count)")
    }
    if let outputShape, outputShape.count != rank, outputShape.count != rank + 2 {
      throw operands.badAttribute(
        "attribute \"output_shape\" does not fit the input",
        found: Quantity.count(outputShape.count, "number"), expected: "\(rank)")
    }
    var extents = [x[0], Dimension.product([w[1], .fixed(group)])]
    try operands.checkVector(2, extent: extents[1], "there is not one bias for each channel")
    for index in 0..<rank {
      guard let input = x[index + 2].value, let kernel = w[index + 2].value else {
        extents.append(.unknown)
        continue
      }
      if let given = window.kernelShape?[index], given != kernel {
        throw operands.badAttribute(
          "attribute \"kernel_shape\" does not fit the weights", found: "\(given)",
          expected: "\(kernel)")
      }
      guard input <= 1 << 30, kernel <= 1 << 30 else {
        throw operands.shapeMismatch("an extent is too large", found: "\(max(input, kernel))")
      }
      let extent = axis(index, of: rank, input: input, kernel: kernel).extent
      guard extent >= 0 else {
        throw operands.shapeMismatch("the pads leave no output", found: "an extent of \(extent)")
      }
      extents.append(.fixed(extent))
    }
    return [ValueFacts(type, SymbolicShape(extents))]
  }

  public func cost(inputs: [ValueFacts?], outputs: [ValueFacts?]) -> Cost {
    guard let x = inputs[0]?.concreteShape, let w = inputs[1]?.concreteShape, x.rank > 1, x[1] > 0
    else { return Cost() }
    return Cost(multiplyAdds: Cost.product(x.elementCount / x[1], w.elementCount))
  }

  package func makeKernel(
    _ request: KernelRequest, epilogue: Epilogue
  ) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let (x, w, y) = (request.inputShape(0), request.inputShape(1), request.outputShape())
    let rank = x.rank - 2
    let kernel = Array(w.dimensions[2...])
    let sizes = (0..<rank).map { axis($0, of: rank, input: x[$0 + 2], kernel: kernel[$0]) }
    let ones = [Int](repeating: 1, count: rank)
    return TransposedConvolutionKernel(
      convolution: TransposedConvolution(
        type, batch: x[0], groups: group, inputChannels: x[1], outputChannels: y[1],
        window: Window(
          input: Array(y.dimensions[2...]), output: Array(x.dimensions[2...]), kernel: kernel,
          strides: window.strides ?? ones, dilations: window.dilations ?? ones,
          padsBegin: sizes.map(\.padBegin), padsEnd: sizes.map(\.padEnd)),
        epilogue: epilogue), addsResidual: epilogue.addsResidual)
  }
}

private struct TransposedConvolutionKernel: Kernel {
  let convolution: TransposedConvolution
  let addsResidual: Bool

  var workspaceByteCount: Int { convolution.workspaceByteCount }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let input = arguments.inputBytes(0).baseAddress,
      let weights = arguments.inputBytes(1).baseAddress,
      let output = arguments.outputBytes(0).baseAddress, !arguments.outputBytes(0).isEmpty,
      let workspace = arguments.workspace.baseAddress
    else { return }
    convolution.run(
      input: input, weights: weights,
      bias: arguments.hasInput(2) ? arguments.inputBytes(2).baseAddress : nil,
      residual: addsResidual
        ? arguments.inputBytes(ConvTranspose.residualInput).baseAddress : nil, output: output,
      workspace: workspace, threadLimit: arguments.threadLimit)
  }
}
