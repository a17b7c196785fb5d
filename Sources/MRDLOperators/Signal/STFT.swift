public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX STFT: the Fourier transforms of frames of a signal [batch, length, 1 or 2], each multiplied by a
/// window.
///
/// Inputs: the signal, the distance of frames, and a window, or the length of frames, or both. Output:
/// [batch, frames, bins, 2]; `onesided` 1 (as it is unless given) leaves out the half that the rest tells.
public struct STFT: Operator {
  public static let name = "STFT"
  public static let inputCount = 2...4

  private let isOneSided: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    isOneSided = try attributes.flag("onesided", default: true)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    let shape = try operands.shape(0, rank: 2...3)
    guard let shape, let length = shape[1].value, let (step, frame) = try sizes(operands) else {
      return [ValueFacts(data.scalarType, [shape?[0] ?? .unknown, .unknown, .unknown, 2])]
    }
    let frames = length < frame ? 0 : (length - frame) / step + 1
    return [
      ValueFacts(
        data.scalarType,
        [shape[0], .fixed(frames), .fixed(isOneSided ? frame / 2 + 1 : frame), 2])
    ]
  }

  /// The distance and the length of frames for a kernel of this operator or of its gradient.
  package func sizes(_ request: KernelRequest) throws(MRDLError) -> (step: Int, frame: Int) {
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let sizes = try sizes(operands) else {
      preconditionFailure("a kernel is asked for before the sizes are known")
    }
    return sizes
  }

  /// The distance and the length of frames; nil where they are not known yet.
  private func sizes(_ operands: Operands) throws(MRDLError) -> (step: Int, frame: Int)? {
    guard let step = try operands.integers(1)?.first else { return nil }
    var frame: Int?
    if operands.optional(3) != nil {
      frame = try operands.integers(3)?.first
    } else if operands.optional(2) != nil {
      frame = try operands.shape(2, rank: 1...1)?[0].value
    } else {
      throw operands.badAttribute("neither a window nor a length of frames is given")
    }
    guard let frame else { return nil }
    guard step > 0, (1...(1 << 30)).contains(frame) else {
      throw operands.shapeMismatch(
        "the sizes of frames are out of range", found: "\(frame) every \(step)")
    }
    try operands.checkVector(2, extent: .fixed(frame), "the window does not fit the frames")
    return (step, frame)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let (step, frame) = try sizes(request)
    let (shape, result) = (request.inputShape(0), request.outputShape())
    return FrameKernel(
      transform: FourierTransform(length: frame, isInverse: false), batch: shape[0],
      length: shape[1], width: shape.rank == 3 ? shape[2] : 1, step: step, frames: result[1],
      bins: result[2], type: type)
  }
}

private struct FrameKernel: Kernel {
  let transform: FourierTransform
  let batch: Int
  let length: Int
  let width: Int
  let step: Int
  let frames: Int
  let bins: Int
  let type: ScalarType

  var workspaceByteCount: Int { (transform.length + transform.workCount) * 16 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0),
        window: arguments.hasInput(2) ? arguments.inputBytes(2) : nil,
        output: arguments.outputBytes(0),
        line: scratch.assumingMemoryBound(to: FourierTransform.Complex.self)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: FrameKernel
    let input: UnsafeRawBufferPointer
    let window: UnsafeRawBufferPointer?
    let output: UnsafeMutableRawBufferPointer
    let line: UnsafeMutablePointer<FourierTransform.Complex>

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let window = window?.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let count = kernel.transform.length
      for number in 0..<(kernel.batch * kernel.frames) {
        let (signal, frame) = number.quotientAndRemainder(dividingBy: kernel.frames)
        for index in 0..<count {
          let place = (signal * kernel.length + frame * kernel.step + index) * kernel.width
          let weight = window?[index].real ?? 1
          line[index] = FourierTransform.Complex(
            weight * x[place].real, kernel.width == 2 ? weight * x[place + 1].real : 0)
        }
        kernel.transform.run(line, work: line + count)
        for bin in 0..<kernel.bins {
          y[(number * kernel.bins + bin) * 2] = Number(nearest: line[bin].real)
          y[(number * kernel.bins + bin) * 2 + 1] = Number(nearest: line[bin].imaginary)
        }
      }
    }
  }
}
