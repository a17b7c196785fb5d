internal import MRDLCore
internal import MRDLNumerics

/// Constant weights of eight bits, without a zero point or with the one that makes i8 of u8.
struct IntegerWeights: Sendable {
  let tensor: Tensor
  /// What makes i8 of a byte by exclusive or.
  let flip: UInt8

  /// nil where a zero point is not neutral.
  ///
  /// - Parameter zeros: zero points in the type of the weights; nil for zeros.
  init?(_ tensor: Tensor, zeros: Tensor?) {
    guard tensor.scalarType == .int8 || tensor.scalarType == .uint8,
      zeros.map({ $0.scalarType == tensor.scalarType }) ?? true
    else { return nil }
    let neutral: UInt8 = tensor.scalarType == .uint8 ? 128 : 0
    let isNeutral = zeros?.withUnsafeBytes { $0.allSatisfy { $0 == neutral } } ?? (neutral == 0)
    guard isNeutral else { return nil }
    self.tensor = tensor
    flip = neutral
  }

  /// The sum of the weights of each output.
  ///
  /// - Parameters:
  ///   - outputStride, depthStride: from one output to the next, and from one of its weights to the next.
  ///   - depth: weights of an output.
  func sums(outputs: Int, outputStride: Int, depth: Int, depthStride: Int) -> [Int32] {
    tensor.withUnsafeBytes { bytes in
      (0..<outputs).map { output in
        var sum: Int32 = 0
        var index = output * outputStride
        for _ in 0..<depth {
          sum &+= Int32(Int8(bitPattern: bytes[index] ^ flip))
          index += depthStride
        }
        return sum
      }
    }
  }
}

/// What becomes of the sums of a product with constant scales: one array for each step, filled up.
struct IntegerArrays: Sendable {
  let bias: Storage
  let scale: Storage?
  let offset: Storage?
  private let result: IntegerResult
  private let activation: Activation

  /// - Parameters:
  ///   - count: elements of the arrays.
  ///   - bias: added to the sums; already less what the zero point of the input adds to them.
  ///   - scale, offset: empty for none.
  init(
    _ result: IntegerResult, count: Int, bias: [Int32], scale: [Float] = [], offset: [Float] = [],
    activation: Activation = .none
  ) {
    self.result = result
    self.activation = activation
    self.bias = Self.padded(bias, to: count)
    self.scale = scale.isEmpty ? nil : Self.padded(scale, to: count)
    self.offset = offset.isEmpty ? nil : Self.padded(offset, to: count)
  }

  private static func padded<Element: BitwiseCopyable>(
    _ elements: [Element], to count: Int
  ) -> Storage {
    let storage = Storage(byteCount: count * MemoryLayout<Element>.stride)
    elements.withUnsafeBytes { source in
      if let start = source.baseAddress {
        storage.base.copyMemory(from: start, byteCount: source.count)
      }
    }
    return storage
  }

  func ending(residual: UnsafeRawPointer? = nil) -> IntegerEnding {
    IntegerEnding(
      result, bias: UnsafePointer(bias.base.assumingMemoryBound(to: Int32.self)),
      scale: scale.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) },
      offset: offset.map { UnsafePointer($0.base.assumingMemoryBound(to: Float.self)) },
      residual: residual?.assumingMemoryBound(to: Float.self), activation: activation)
  }
}
