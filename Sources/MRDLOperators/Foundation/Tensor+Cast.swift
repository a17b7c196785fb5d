package import MRDLCore

extension Tensor {
  /// The elements in another type, converted as by Cast.
  package func cast(to type: ScalarType) throws(MRDLError) -> Tensor {
    let kernel = CastKernel(from: scalarType, to: type, count: elementCount)
    var result = Tensor(zeros: shape, scalarType: type)
    let scratch = Storage(byteCount: kernel.workspaceByteCount)
    try withUnsafeBytes { (source) throws(MRDLError) in
      try result.withUnsafeMutableBytes { (target) throws(MRDLError) in
        try kernel.run(
          from: source, to: target,
          scratch: UnsafeMutableRawBufferPointer(start: scratch.base, count: scratch.byteCount))
      }
    }
    return result
  }
}
