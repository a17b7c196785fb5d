package import MRDLCore
package import MRDLModel
internal import MRDLNumerics

/// Inputs for a model where it does not matter what they are: the time is measured, or the answers are
/// stored together with them.
package enum RandomInputs {
  /// How many tensors are in a sequence.
  private static let sequenceCount = 2

  /// A value for each input: real numbers in 0 ..< 1, whole numbers and truth values zero; two tensors in a
  /// sequence. An optional value is there unless its rank is not known. A named dimension takes the size of
  /// the batch where it is the first of its input, otherwise `extent`, and so does an unknown one.
  ///
  /// - Parameter pixels: height and width where an input of four axes, channels first or last, leaves them open.
  /// - Throws: `MRDL4001` for another input whose kind or rank is not known.
  package static func values(
    for inputs: [ValueInfo], batch: Int, extent: Int = 1,
    pixels: (height: Int, width: Int)? = nil
  ) throws(MRDLError) -> [String: GraphValue] {
    var values: [String: GraphValue] = [:]
    for (position, input) in inputs.enumerated() {
      if input.kind.isOptional && input.shape == nil {
        values[input.name] = .optional(nil)
        continue
      }
      guard input.kind != .any, let shape = input.shape else {
        throw MRDLError(
          .wrongInput, "no input can be made up where the model does not tell its shape",
          found: "\(input)",
          expected: "--input \(input.name)=FILE.\(input.kind.isSequence ? "npz" : "npy")")
      }
      var open = [Int](repeating: extent, count: shape.rank)
      if shape.rank > 0 { open[0] = batch }
      if let pixels, shape.rank == 4 {
        let isChannelsLast = shape[1].value == nil && shape[3].value != nil
        open.replaceSubrange(isChannelsLast ? 1..<3 : 2..<4, with: [pixels.height, pixels.width])
      }
      let extents = zip(shape.dimensions, open).map { dimension, open in dimension.value ?? open }
      guard let concrete = Shape(checking: extents) else {
        throw MRDLError(.wrongInput, "an input is too large", found: "\(input)")
      }
      func made(_ element: Int) -> Tensor {
        tensor(input.scalarType, concrete, stream: UInt64(position + element * inputs.count))
      }
      values[input.name] =
        input.kind.isSequence ? .sequence(of: (0..<sequenceCount).map(made)) : .tensor(made(0))
    }
    return values
  }

  private static func tensor(_ type: ScalarType, _ shape: Shape, stream: UInt64) -> Tensor {
    let numbers = RandomNumbers(seed: 1, stream: stream)
    func uniform(_ index: Int) -> Float {
      Float(numbers.words(at: UInt64(index / 4))[index % 4] >> 8) * 0x1p-24
    }
    switch type {
    case .float32: return Tensor((0..<shape.elementCount).map(uniform), shape: shape)
    case .float64:
      return Tensor((0..<shape.elementCount).map { Double(uniform($0)) }, shape: shape)
    case .float16: return Tensor((0..<shape.elementCount).map { Half(uniform($0)) }, shape: shape)
    case .bfloat16:
      return Tensor((0..<shape.elementCount).map { BFloat16(uniform($0)) }, shape: shape)
    default: return Tensor(zeros: shape, scalarType: type)
    }
  }
}
