import CMRDLKernels
import Glibc
import MRDLCore
import MRDLNumerics
import Synchronization

/// Measures the error of exp, log, sigmoid, tanh and erf in float32 against double precision, and that of
/// softmax over rows of many widths and spreads.
///
///     measure-elementary-functions [STRIDE]
///
/// A stride of 1 takes every float32 there is, NaN, infinities and denormal numbers among them.
/// `MRDL_ISA` chooses the instruction set. Ends with 1 where an error is larger than documented.
@main
struct MeasureElementaryFunctions {
  /// Units of the last place.
  static let bound = 2.0
  private static let pieceCount = 1 << 16

  static func main() {
    let argument = CommandLine.arguments.count > 1 ? CommandLine.arguments[1] : "1"
    guard CommandLine.arguments.count <= 2, let stride = UInt64(argument), stride > 0 else {
      fail("usage: measure-elementary-functions [STRIDE]")
    }
    let kernels = mrdl_kernels_current().pointee.f32.pointee
    print("\(InstructionSet.current), every \(stride == 1 ? "" : "\(stride)th ")float32")
    var holds = true
    for function in ElementaryFunction.all(kernels) {
      let worst = worst(of: function, stride: stride)
      print("\(function.name): at most \(rounded(worst.units)) ulp, at \(worst.input)")
      holds = holds && worst.units <= bound
    }
    let softmax = SoftmaxError.worst(kernels)
    print("softmax: at most \(rounded(softmax)) of (4 + |x − max|) · 2⁻²³")
    holds = holds && softmax <= 1
    if !holds { fail("an error is larger than \(bound) ulp, or than the bound of softmax") }
  }

  private static func worst(of function: ElementaryFunction, stride: UInt64) -> FunctionError {
    let total = ((UInt64(1) << 32) + stride - 1) / stride
    let pieces = Int((total + UInt64(pieceCount) - 1) / UInt64(pieceCount))
    let worst = Mutex(FunctionError(units: -1, input: 0))
    WorkerPool.parallel(pieces, threadLimit: 0) { piece in
      let first = UInt64(piece) * UInt64(pieceCount)
      let found = function.worst(
        first: first * stride, count: Int(min(UInt64(pieceCount), total - first)), stride: stride)
      worst.withLock { worst in
        if found.units > worst.units { worst = found }
      }
    }
    return worst.withLock { $0 }
  }

  private static func rounded(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded(.up))
    let digits = String(1000 + thousandths % 1000).dropFirst()
    return value.isFinite ? "\(thousandths / 1000).\(digits)" : "\(value)"
  }

  private static func fail(_ message: String) -> Never {
    try? StandardStream.error.write(message + "\n")
    exit(1)
  }
}
