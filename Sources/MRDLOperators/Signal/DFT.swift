public import MRDLCore
package import MRDLModel
internal import MRDLNumerics

/// ONNX DFT: the discrete Fourier transform along an axis of real [*, 1] or complex [*, 2] numbers.
///
/// Inputs: the signal, and maybe the length, to which it is cut or padded with zeros, and the axis, -2
/// unless given. `inverse` 1 transforms back; `onesided` 1 leaves out the half that the rest tells of a
/// real signal, or takes that half alone when transforming back.
public struct DFT: Operator {
  public static let name = "DFT"
  public static let inputCount = 1...3

  package let isInverse: Bool
  package let isOneSided: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    isInverse = try attributes.flag("inverse")
    isOneSided = try attributes.flag("onesided")
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let data = try operands.required(0, of: .floats)
    guard var shape = try operands.shape(0, rank: 2...Int.max),
      let axis = try axis(operands, rank: shape.rank)
    else { return [ValueFacts(data.scalarType, nil)] }
    if let width = shape[shape.rank - 1].value, width != 1, width != 2 {
      throw operands.shapeMismatch(
        "a signal is neither real nor complex", found: "\(shape)", expected: "1 or 2 numbers each")
    }
    guard let length = try length(operands, shape[axis]) else {
      shape[axis] = .unknown
      shape[shape.rank - 1] = .unknown
      return [ValueFacts(data.scalarType, shape)]
    }
    shape[axis] = .fixed(isOneSided && !isInverse ? length / 2 + 1 : length)
    shape[shape.rank - 1] = isOneSided && isInverse ? 1 : 2
    return [ValueFacts(data.scalarType, shape)]
  }

  /// The axis that is transformed; nil where it is not known yet.
  package func axis(_ operands: Operands, rank: Int) throws(MRDLError) -> Int? {
    var given = -2
    if operands.optional(2) != nil {
      guard let known = try operands.integers(2)?.first else { return nil }
      given = known
    }
    let axis = try operands.axis(given, rank: rank)
    guard axis != rank - 1 else {
      throw operands.badAttribute("the axis of complex numbers is not transformed")
    }
    return axis
  }

  /// The number of numbers that are transformed; nil where it is not known yet.
  package func length(
    _ operands: Operands, _ extent: Dimension
  ) throws(MRDLError) -> Int? {
    var length = extent.value
    if isOneSided, isInverse { length = length.map { max(2 * ($0 - 1), 1) } }
    if operands.optional(1) != nil { length = try operands.integers(1)?.first }
    guard let length else { return nil }
    guard (1...(1 << 30)).contains(length) else {
      throw operands.shapeMismatch("the length of a transform is out of range", found: "\(length)")
    }
    return length
  }

  /// The axis and the length of the transform for a kernel of this operator or of its gradient.
  package func axisAndLength(
    _ request: KernelRequest
  ) throws(MRDLError) -> (axis: Int, length: Int) {
    let shape = request.inputShape(0)
    let operands = Operands(request.inputs, outputCount: 1, place: request.place)
    guard let axis = try axis(operands, rank: shape.rank),
      let length = try length(operands, .fixed(shape[axis]))
    else { preconditionFailure("a kernel is asked for before the length is known") }
    return (axis, length)
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let (shape, result) = (request.inputShape(0), request.outputShape())
    let (axis, length) = try axisAndLength(request)
    let lines = shape.lines(along: axis)
    let width = shape[shape.rank - 1]
    return FourierKernel(
      transform: FourierTransform(length: length, isInverse: isInverse),
      outer: lines.outer, given: shape[axis], made: result[axis], inner: lines.inner / width,
      inputWidth: width, outputWidth: result[result.rank - 1],
      mirrors: isOneSided && isInverse, type: type)
  }
}

/// Transforms lines of real or complex numbers.
private struct FourierKernel: Kernel {
  let transform: FourierTransform
  let outer: Int
  /// Numbers of a line that are given.
  let given: Int
  /// Numbers of a line that are made.
  let made: Int
  let inner: Int
  let inputWidth: Int
  let outputWidth: Int
  /// Whether the second half is the mirror image of the first.
  let mirrors: Bool
  let type: ScalarType

  var workspaceByteCount: Int { (transform.length + transform.workCount) * 16 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let scratch = arguments.workspace.baseAddress else { return }
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), output: arguments.outputBytes(0),
        line: scratch.assumingMemoryBound(to: FourierTransform.Complex.self)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: FourierKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer
    let line: UnsafeMutablePointer<FourierTransform.Complex>

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let length = kernel.transform.length
      for number in 0..<(kernel.outer * kernel.inner) {
        let (block, offset) = number.quotientAndRemainder(dividingBy: kernel.inner)
        for index in 0..<length {
          let isMirrored = kernel.mirrors && index > length / 2
          let source = isMirrored ? length - index : index
          guard source < kernel.given else {
            line[index] = FourierTransform.Complex(0, 0)
            continue
          }
          let place = ((block * kernel.given + source) * kernel.inner + offset) * kernel.inputWidth
          let imaginary = kernel.inputWidth == 2 ? x[place + 1].real : 0
          line[index] = FourierTransform.Complex(
            x[place].real, isMirrored ? -imaginary : imaginary)
        }
        kernel.transform.run(line, work: line + length)
        for index in 0..<kernel.made {
          let place = ((block * kernel.made + index) * kernel.inner + offset) * kernel.outputWidth
          y[place] = Number(nearest: line[index].real)
          if kernel.outputWidth == 2 { y[place + 1] = Number(nearest: line[index].imaginary) }
        }
      }
    }
  }
}
