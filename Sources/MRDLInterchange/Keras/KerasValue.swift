internal import MRDLCore
internal import MRDLModel

/// A value of the graph that is being made, in the order of axes of Keras.
struct KerasValue {
  var name: String
  /// The extents, the batch first; nil for one that is not known.
  var extents: [Int?]

  var rank: Int { extents.count }

  var shape: SymbolicShape {
    SymbolicShape(
      extents.enumerated().map { axis, extent in
        extent.map { .fixed($0) } ?? (axis == 0 ? .symbolic("N") : .unknown)
      })
  }
}
