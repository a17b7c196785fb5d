public import MRDLCore
internal import MRDLModel
internal import MRDLNumerics

/// ONNX Multinomial: for each row of the input `sample_size` classes, drawn with probabilities whose logarithms
/// are the numbers of the row, up to a common constant.
///
/// Input: [N, classes]. Output: [N, samples] of `dtype`, i32 unless given. The numbers are the same in every run;
/// `RandomSource` tells what they depend on.
public struct Multinomial: Operator {
  public static let name = "Multinomial"
  public static let inputCount = 1...1

  private let source: RandomSource
  private let sampleCount: Int
  private let type: ScalarType

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    source = try RandomSource(&attributes)
    sampleCount = try attributes.integer("sample_size", default: 1, in: 0...(1 << 30))
    type = try attributes.scalarType("dtype", among: [.int32, .int64]) ?? .int32
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    _ = try operands.required(0, of: .floats)
    let shape = try operands.shape(0, rank: 2...2)
    if shape?[1].value == 0 && sampleCount > 0 {
      throw operands.shapeMismatch("there are no classes to draw from", found: "0")
    }
    return [ValueFacts(type, [shape?[0] ?? .unknown, .fixed(sampleCount)])]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    return MultinomialKernel(
      source: source, rows: shape[0], classCount: shape[1], sampleCount: sampleCount, type: type,
      target: self.type)
  }
}

private struct MultinomialKernel: Kernel {
  let source: RandomSource
  let rows: Int
  let classCount: Int
  let sampleCount: Int
  let type: ScalarType
  let target: ScalarType

  /// The sums of the weights up to each class.
  var workspaceByteCount: Int { classCount * 8 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    var numbers = source.numbers
    let sums = arguments.workspace.assumingMemoryBound(to: Double.self)
    for row in 0..<rows {
      func logarithm(_ index: Int) -> Double {
        type == .float32
          ? Double(arguments.input(0, as: Float.self)[row * classCount + index])
          : arguments.input(0, as: Double.self)[row * classCount + index]
      }
      let largest = (0..<classCount).reduce(-Double.infinity) { max($0, logarithm($1)) }
      var total = 0.0
      for index in 0..<classCount {
        total += largest == -.infinity ? 1 : exponential(logarithm(index) - largest)
        sums[index] = total
      }
      for sample in 0..<sampleCount {
        let point = numbers.nextUniform() * total
        // The first class whose sum lies beyond the point.
        var (low, high) = (0, classCount - 1)
        while low < high {
          let middle = (low + high) / 2
          if sums[middle] > point { high = middle } else { low = middle + 1 }
        }
        if target == .int32 {
          arguments.output(0, as: Int32.self)[row * sampleCount + sample] = Int32(low)
        } else {
          arguments.output(0, as: Int64.self)[row * sampleCount + sample] = Int64(low)
        }
      }
    }
  }
}
