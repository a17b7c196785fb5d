internal import MRDLCore

extension Graph {
  /// The input that tells how many steps of each sample are real: the only `i32` vector, beside other inputs. nil
  /// where there is no such input, or more than one could be it.
  package var lengthInput: ValueInfo? {
    let vectors = inputs.filter { $0.scalarType == .int32 && $0.shape?.rank == 1 }
    return vectors.count == 1 && inputs.count > 1 ? vectors.first : nil
  }
}
