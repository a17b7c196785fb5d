internal import MRDLCore

/// The discrete Fourier transform of a given length in double precision.
///
/// Powers of two are halved again and again; other lengths become a convolution with a chirp, whose
/// transform has a power of two as its length (Bluestein). A run allocates nothing.
/// Complexity: O(n log n).
package struct FourierTransform: Sendable {
  package let length: Int
  private let isInverse: Bool
  /// The length of the transforms that are made: `length` itself, or that of the convolution.
  private let size: Int
  /// exp(∓2πik / size) for k below size / 2.
  private let roots: [Complex]
  /// exp(∓πik² / length); empty for a power of two.
  private let chirp: [Complex]
  /// The transform of the chirp's conjugate, over `size`; empty for a power of two.
  private let filter: [Complex]

  /// A complex number.
  package struct Complex: Sendable {
    package var real: Double
    package var imaginary: Double

    package init(_ real: Double, _ imaginary: Double) {
      self.real = real
      self.imaginary = imaginary
    }

    static func * (left: Complex, right: Complex) -> Complex {
      Complex(
        left.real * right.real - left.imaginary * right.imaginary,
        left.real * right.imaginary + left.imaginary * right.real)
    }

    static func + (left: Complex, right: Complex) -> Complex {
      Complex(left.real + right.real, left.imaginary + right.imaginary)
    }

    static func - (left: Complex, right: Complex) -> Complex {
      Complex(left.real - right.real, left.imaginary - right.imaginary)
    }

    var conjugate: Complex { Complex(real, -imaginary) }

    /// The point at an angle of the unit circle.
    static func unit(_ angle: Double) -> Complex { Complex(cosine(angle), sine(angle)) }
  }

  /// - Precondition: the length is positive.
  package init(length: Int, isInverse: Bool) {
    precondition(length > 0, "a transform of no numbers")
    self.length = length
    self.isInverse = isInverse
    let isPower = length & (length - 1) == 0
    var size = length
    if !isPower {
      size = 1
      while size < 2 * length - 1 { size *= 2 }
    }
    self.size = size
    let forward = (0..<(size / 2)).map {
      Complex.unit(-2 * .pi * Double($0) / Double(size))
    }
    guard !isPower else {
      roots = isInverse ? forward.map(\.conjugate) : forward
      chirp = []
      filter = []
      return
    }
    roots = forward
    let sign: Double = isInverse ? 1 : -1
    let chirp = (0..<length).map { index in
      // k² modulo 2n keeps the angle exact.
      let (high, low) = index.multipliedFullWidth(by: index)
      let square = (2 * length).dividingFullWidth((high, low)).remainder
      return Complex.unit(sign * .pi * Double(square) / Double(length))
    }
    self.chirp = chirp
    var kernel = [Complex](repeating: Complex(0, 0), count: size)
    for index in 0..<length {
      let value = Complex(chirp[index].real / Double(size), -chirp[index].imaginary / Double(size))
      kernel[index] = value
      if index > 0 { kernel[size - index] = value }
    }
    kernel.withUnsafeMutableBufferPointer { buffer in
      if let base = buffer.baseAddress { Self.transform(base, size, forward) }
    }
    filter = kernel
  }

  /// Numbers of scratch memory.
  package var workCount: Int { size }

  /// Transforms `length` numbers in place; the inverse divides by their number.
  package func run(
    _ x: UnsafeMutablePointer<Complex>, work: UnsafeMutablePointer<Complex>
  ) {
    if chirp.isEmpty {
      Self.transform(x, size, roots)
    } else {
      for index in 0..<size {
        work[index] = index < length ? x[index] * chirp[index] : Complex(0, 0)
      }
      Self.transform(work, size, roots)
      // The inverse transform is the conjugate of the transform of the conjugate.
      for index in 0..<size { work[index] = (work[index] * filter[index]).conjugate }
      Self.transform(work, size, roots)
      for index in 0..<length { x[index] = work[index].conjugate * chirp[index] }
    }
    if isInverse {
      let factor = 1 / Double(length)
      for index in 0..<length {
        x[index] = Complex(x[index].real * factor, x[index].imaginary * factor)
      }
    }
  }

  /// A transform of a power of two numbers in place.
  private static func transform(
    _ x: UnsafeMutablePointer<Complex>, _ count: Int, _ roots: [Complex]
  ) {
    var reversed = 0
    for index in 1..<max(count, 1) {
      var bit = count >> 1
      while reversed & bit != 0 {
        reversed ^= bit
        bit >>= 1
      }
      reversed |= bit
      if index < reversed { (x[index], x[reversed]) = (x[reversed], x[index]) }
    }
    var half = 1
    while half < count {
      let step = count / (2 * half)
      for start in stride(from: 0, to: count, by: 2 * half) {
        for k in 0..<half {
          let odd = x[start + half + k] * roots[k * step]
          let even = x[start + k]
          x[start + k] = even + odd
          x[start + half + k] = even - odd
        }
      }
      half *= 2
    }
  }
}
