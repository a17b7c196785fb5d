package import MRDLCore

/// Brings a dense array of real numbers to another resolution, one axis after the other.
package struct Resampling: Sendable {
  fileprivate struct Pass: Sendable {
    let table: ResamplingTable
    let outer: Int
    let inner: Int
    /// The weights in the type of the array; the other one is empty.
    let floats: [Float]
    let doubles: [Double]
  }

  private let passes: [Pass]
  private let scalarType: ScalarType
  private let inputElementCount: Int
  private let intermediateByteCounts: (Int, Int)

  /// - Parameters:
  ///   - shape: the shape of the source.
  ///   - tables: for each axis how it changes, or nil where it stays.
  ///   - scalarType: f32 or f64.
  package init(_ shape: Shape, tables: [ResamplingTable?], scalarType: ScalarType) {
    precondition(scalarType == .float32 || scalarType == .float64, "resampling needs real numbers")
    self.scalarType = scalarType
    inputElementCount = shape.elementCount
    var extents = shape.dimensions
    var passes: [Pass] = []
    var sizes = [0, 0]
    // Axes that shrink come first, so that the others work on less.
    let order = tables.indices.filter { tables[$0] != nil }.sorted { left, right in
      Self.growth(tables[left]) < Self.growth(tables[right])
    }
    for (index, axis) in order.enumerated() {
      guard let table = tables[axis] else { continue }
      extents[axis] = table.newExtent
      passes.append(
        Pass(
          table: table, outer: extents[..<axis].reduce(1, *),
          inner: extents[(axis + 1)...].reduce(1, *),
          floats: scalarType == .float32 ? table.weights.map { Float($0) } : [],
          doubles: scalarType == .float64 ? table.weights : []))
      if index < order.count - 1 {
        let bytes = extents.reduce(1, *) * scalarType.bitWidth / 8
        sizes[index % 2] = max(sizes[index % 2], (bytes + 63) & ~63)
      }
    }
    self.passes = passes
    intermediateByteCounts = (sizes[0], sizes[1])
  }

  private static func growth(_ table: ResamplingTable?) -> Double {
    table.map { Double($0.newExtent) / Double($0.extent) } ?? 1
  }

  /// Bytes of scratch memory that a run needs.
  package var workspaceByteCount: Int { intermediateByteCounts.0 + intermediateByteCounts.1 }

  /// Resamples. The arrays may not overlap.
  package func run(
    source: UnsafeRawPointer, target: UnsafeMutableRawPointer,
    workspace: UnsafeMutableRawPointer?
  ) {
    switch scalarType {
    case .float32: run(source, target, workspace, Float.self, \.floats)
    default: run(source, target, workspace, Double.self, \.doubles)
    }
  }

  @inline(__always)
  private func run<Scalar: TensorElement & BinaryFloatingPoint>(
    _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer,
    _ workspace: UnsafeMutableRawPointer?, _ type: Scalar.Type, _ weights: (Pass) -> [Scalar]
  ) {
    if passes.isEmpty {
      target.copyMemory(
        from: source, byteCount: inputElementCount * MemoryLayout<Scalar>.stride)
      return
    }
    var from = source
    for (index, pass) in passes.enumerated() {
      var to = target
      if index < passes.count - 1, let workspace {
        to = index % 2 == 0 ? workspace : workspace + intermediateByteCounts.0
      }
      weights(pass).withUnsafeBufferPointer { weights in
        pass.run(
          from.assumingMemoryBound(to: type), to.assumingMemoryBound(to: type), weights)
      }
      from = UnsafeRawPointer(to)
    }
  }
}

extension Resampling.Pass {
  @inline(__always)
  fileprivate func run<Scalar: TensorElement & BinaryFloatingPoint>(
    _ source: UnsafePointer<Scalar>, _ target: UnsafeMutablePointer<Scalar>,
    _ weights: UnsafeBufferPointer<Scalar>
  ) {
    let taps = table.taps
    for plane in 0..<outer {
      let x = source + plane * table.extent * inner
      let y = target + plane * table.newExtent * inner
      for index in 0..<table.newExtent {
        let start = table.starts[index]
        if inner == 1 {
          var sum: Scalar = 0
          for tap in 0..<taps { sum += weights[index * taps + tap] * x[start + tap] }
          y[index] = sum
          continue
        }
        let row = y + index * inner
        for tap in 0..<taps {
          let weight = weights[index * taps + tap]
          let old = x + (start + tap) * inner
          if tap == 0 {
            for position in 0..<inner { row[position] = weight * old[position] }
          } else {
            for position in 0..<inner { row[position] += weight * old[position] }
          }
        }
      }
    }
  }
}
