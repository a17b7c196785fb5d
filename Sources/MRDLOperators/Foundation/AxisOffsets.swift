internal import MRDLCore

extension Shape {
  /// Where elements lie in a dense tensor, in row-major order over some axes while all others are 0.
  func offsets(along axes: [Int]) -> [Int] {
    let strides = strides
    var offsets = [0]
    for axis in axes {
      offsets = offsets.flatMap { offset in
        (0..<self[axis]).map { offset + $0 * strides[axis] }
      }
    }
    return offsets
  }
}
