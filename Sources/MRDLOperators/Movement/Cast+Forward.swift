internal import MRDLCore
internal import MRDLNumerics

/// How real numbers of eight bits are made of others.
struct NarrowConversion {
  /// Whether numbers beyond the largest become the largest, rather than infinity or NaN.
  var saturates = true
  /// Of powers of two alone.
  var rounding = NarrowNumbers.Rounding.up
  /// Whether real numbers outside a type of whole ones keep their lowest bits, rather than becoming the nearest.
  var wraps = false
}

extension NarrowConversion {
  init(_ attributes: inout AttributeReader) throws(MRDLError) {
    saturates = try attributes.flag("saturate", default: true)
    rounding = try attributes.choice("round_mode", default: .up)
    wraps = true
  }
}

extension ScalarType {
  /// Whether there is a conversion from and to the type.
  var isConvertible: Bool { self != .bit }
}

/// Converts elements. Every type is read as a real or a whole number of 64 bits first, a stretch at a
/// time, so that there is one loop for each type and not one for each pair.
struct CastKernel: Kernel {
  private let source: ScalarType
  private let target: ScalarType
  private let count: Int
  /// What reads and writes types of eight bits and fewer that Swift lacks.
  private let narrowSource: NarrowNumbers?
  private let narrowTarget: NarrowNumbers?
  private let conversion: NarrowConversion

  init(
    from source: ScalarType, to target: ScalarType, count: Int,
    conversion: NarrowConversion = NarrowConversion()
  ) {
    self.source = source
    self.target = target
    self.count = count
    self.conversion = conversion
    narrowSource = NarrowNumbers(source)
    narrowTarget = NarrowNumbers(target)
  }

  var inPlacePairs: [(input: Int, output: Int)] {
    source.bitWidth == target.bitWidth ? [(0, 0)] : []
  }

  private static let stretch = 128

  var workspaceByteCount: Int { Self.stretch * 8 }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try run(
      from: arguments.inputBytes(0), to: arguments.outputBytes(0), scratch: arguments.workspace)
  }

  /// Converts elements.
  ///
  /// - Parameter scratch: `workspaceByteCount` bytes.
  func run(
    from input: UnsafeRawBufferPointer, to output: UnsafeMutableRawBufferPointer,
    scratch: UnsafeMutableRawBufferPointer
  ) throws(MRDLError) {
    guard let input = input.baseAddress, let output = output.baseAddress,
      let scratch = scratch.baseAddress
    else { return }
    switch (source, target) {
    case _ where source == target:
      if UnsafeRawPointer(output) != input {
        output.copyMemory(from: input, byteCount: (count * source.bitWidth + 7) / 8)
      }
    case (.uint8, .float32): convert(input, output, UInt8.self, Float.self) { Float($0) }
    case (.float64, .float32): convert(input, output, Double.self, Float.self) { Float($0) }
    case (.float32, .float64): convert(input, output, Float.self, Double.self) { Double($0) }
    case (.float32, .float16): convert(input, output, Float.self, Half.self) { Half($0) }
    case (.float16, .float32): convert(input, output, Half.self, Float.self) { $0.float }
    case (.bfloat16, .float32): convert(input, output, BFloat16.self, Float.self) { $0.float }
    case (.float32, .bfloat16): convert(input, output, Float.self, BFloat16.self) { BFloat16($0) }
    default:
      var position = 0
      while position < count {
        let part = min(Self.stretch, count - position)
        let from = input + position * source.bitWidth / 8
        let to = output + position * target.bitWidth / 8
        if source.isFloatingPoint || narrowSource != nil && target.isFloatingPoint {
          readReals(from, part, scratch.assumingMemoryBound(to: Double.self))
          writeReals(to, part, scratch.assumingMemoryBound(to: Double.self))
        } else {
          readIntegers(from, part, scratch.assumingMemoryBound(to: Int64.self))
          writeIntegers(to, part, scratch.assumingMemoryBound(to: Int64.self))
        }
        position += part
      }
    }
  }

  @inline(__always)
  private func convert<Source: TensorElement, Target: TensorElement>(
    _ input: UnsafeRawPointer, _ output: UnsafeMutableRawPointer, _ source: Source.Type,
    _ target: Target.Type, _ function: (Source) -> Target
  ) {
    let x = input.assumingMemoryBound(to: source)
    let y = output.assumingMemoryBound(to: target)
    for index in 0..<count { y[index] = function(x[index]) }
  }
}

// MARK: Stretches

extension CastKernel {
  @inline(__always)
  private func map<Source, Target>(
    _ x: UnsafePointer<Source>, _ y: UnsafeMutablePointer<Target>, _ count: Int,
    _ function: (Source) -> Target
  ) {
    for index in 0..<count { y[index] = function(x[index]) }
  }

  private func readReals(
    _ from: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutablePointer<Double>
  ) {
    if let narrowSource { return narrowSource.read(from, from: 0, count: count, to: to) }
    switch source {
    case .float64: map(from.assumingMemoryBound(to: Double.self), to, count) { $0 }
    case .float32: map(from.assumingMemoryBound(to: Float.self), to, count) { Double($0) }
    case .float16: map(from.assumingMemoryBound(to: Half.self), to, count) { Double($0.float) }
    default: map(from.assumingMemoryBound(to: BFloat16.self), to, count) { Double($0.float) }
    }
  }

  private func writeReals(
    _ to: UnsafeMutableRawPointer, _ count: Int, _ from: UnsafePointer<Double>
  ) {
    if let narrowTarget {
      guard conversion.wraps, !target.isFloatingPoint else {
        return narrowTarget.write(
          from, count: count, to: to, from: 0, saturates: conversion.saturates,
          rounding: conversion.rounding)
      }
      for index in 0..<count {
        var whole: Int64 = from[index].truncated()
        narrowTarget.writeLowestBits(&whole, count: 1, to: to, from: index)
      }
      return
    }
    switch target {
    case .float64: map(from, to.assumingMemoryBound(to: Double.self), count) { $0 }
    case .float32: map(from, to.assumingMemoryBound(to: Float.self), count) { Float($0) }
    case .float16: map(from, to.assumingMemoryBound(to: Half.self), count) { Half($0.roundedToOdd) }
    case .bfloat16:
      map(from, to.assumingMemoryBound(to: BFloat16.self), count) { BFloat16($0.roundedToOdd) }
    case .int8: map(from, to.assumingMemoryBound(to: Int8.self), count) { $0.truncated() }
    case .int16: map(from, to.assumingMemoryBound(to: Int16.self), count) { $0.truncated() }
    case .int32: map(from, to.assumingMemoryBound(to: Int32.self), count) { $0.truncated() }
    case .int64: map(from, to.assumingMemoryBound(to: Int64.self), count) { $0.truncated() }
    case .uint8: map(from, to.assumingMemoryBound(to: UInt8.self), count) { $0.truncated() }
    case .uint16: map(from, to.assumingMemoryBound(to: UInt16.self), count) { $0.truncated() }
    case .uint32: map(from, to.assumingMemoryBound(to: UInt32.self), count) { $0.truncated() }
    case .uint64: map(from, to.assumingMemoryBound(to: UInt64.self), count) { $0.truncated() }
    default: map(from, to.assumingMemoryBound(to: Bool.self), count) { $0 != 0 }
    }
  }

  private func readIntegers(
    _ from: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutablePointer<Int64>
  ) {
    if let narrowSource {
      return narrowSource.readWhole(from, from: 0, count: count, to: to)
    }
    switch source {
    case .int8: map(from.assumingMemoryBound(to: Int8.self), to, count) { Int64($0) }
    case .int16: map(from.assumingMemoryBound(to: Int16.self), to, count) { Int64($0) }
    case .int32: map(from.assumingMemoryBound(to: Int32.self), to, count) { Int64($0) }
    case .int64: map(from.assumingMemoryBound(to: Int64.self), to, count) { $0 }
    // A byte of a bool that is neither 0 nor 1 is true all the same.
    case .bool:
      map(from.assumingMemoryBound(to: UInt8.self), to, count) { $0 == 0 ? 0 : 1 }
    case .uint8: map(from.assumingMemoryBound(to: UInt8.self), to, count) { Int64($0) }
    case .uint16: map(from.assumingMemoryBound(to: UInt16.self), to, count) { Int64($0) }
    case .uint32: map(from.assumingMemoryBound(to: UInt32.self), to, count) { Int64($0) }
    default:
      map(from.assumingMemoryBound(to: UInt64.self), to, count) { Int64(bitPattern: $0) }
    }
  }

  private func writeIntegers(
    _ to: UnsafeMutableRawPointer, _ count: Int, _ from: UnsafePointer<Int64>
  ) {
    if let narrowTarget {
      if !target.isFloatingPoint {
        return narrowTarget.writeLowestBits(from, count: count, to: to, from: 0)
      }
      for index in 0..<count {
        var real = Double(from[index])
        if source == .uint64 { real = Double(UInt64(bitPattern: from[index])) }
        narrowTarget.write(
          &real, count: 1, to: to, from: index, saturates: conversion.saturates,
          rounding: conversion.rounding)
      }
      return
    }
    switch target {
    case .float64: writeRounded(to.assumingMemoryBound(to: Double.self), count, from) { $0 }
    case .float32: writeRounded(to.assumingMemoryBound(to: Float.self), count, from) { $0 }
    case .float16:
      writeRounded(to.assumingMemoryBound(to: Half.self), count, from) { (x: Float) in Half(x) }
    case .bfloat16:
      writeRounded(to.assumingMemoryBound(to: BFloat16.self), count, from) { (x: Float) in
        BFloat16(x)
      }
    case .int8, .uint8:
      map(from, to.assumingMemoryBound(to: UInt8.self), count) { .init(truncatingIfNeeded: $0) }
    case .int16, .uint16:
      map(from, to.assumingMemoryBound(to: UInt16.self), count) { .init(truncatingIfNeeded: $0) }
    case .int32, .uint32:
      map(from, to.assumingMemoryBound(to: UInt32.self), count) { .init(truncatingIfNeeded: $0) }
    case .bool: map(from, to.assumingMemoryBound(to: Bool.self), count) { $0 != 0 }
    default: map(from, to.assumingMemoryBound(to: Int64.self), count) { $0 }
    }
  }

  @inline(__always)
  private func writeRounded<Real: BinaryFloatingPoint, Target>(
    _ to: UnsafeMutablePointer<Target>, _ count: Int, _ from: UnsafePointer<Int64>,
    _ function: (Real) -> Target
  ) {
    if source == .uint64 {
      map(from, to, count) { function(Real(UInt64(bitPattern: $0))) }
    } else {
      map(from, to, count) { function(Real($0)) }
    }
  }
}

extension Double {
  /// The value cut off towards zero, the nearest one of the type outside its range, 0 for NaN.
  @inline(__always)
  fileprivate func truncated<Whole: FixedWidthInteger>() -> Whole {
    if let exact = Whole(exactly: rounded(.towardZero)) { return exact }
    return isNaN ? 0 : self < 0 ? .min : .max
  }

  /// A `Float` from which rounding to fewer bits gives what rounding this value once would give: of
  /// the two neighbours the one with an odd last bit, unless the value is exact.
  @inline(__always)
  fileprivate var roundedToOdd: Float {
    let nearest = Float(self)
    guard isFinite, Double(nearest) != self, nearest.bitPattern & 1 == 0 else { return nearest }
    return Double(nearest) < self ? nearest.nextUp : nearest.nextDown
  }
}
