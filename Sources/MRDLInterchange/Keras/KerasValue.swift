internal import MRDLCore
internal import MRDLModel

/// A value of the graph that is being made, in the order of axes of Keras.
struct KerasValue {
  var name: String
  /// The extents, the batch first; nil for one that is not known.
  var extents: [Int?]
  var scalarType = ScalarType.float32
  /// Which steps count, where some do not.
  var mask: Mask?

  /// Truth values that tell which steps of another value count.
  struct Mask: Equatable {
    let name: String
    /// The batch, the steps, and maybe steps inside these.
    let rank: Int
  }

  var rank: Int { extents.count }

  var shape: SymbolicShape {
    SymbolicShape(
      extents.enumerated().map { axis, extent in
        extent.map { .fixed($0) } ?? (axis == 0 ? .symbolic("N") : .unknown)
      })
  }

  /// The extents of values that are broadcast to each other.
  static func broadcast(_ values: [KerasValue]) -> [Int?] {
    let rank = values.reduce(0) { max($0, $1.rank) }
    return (0..<rank).map { axis -> Int? in
      var result: Int? = 1
      for value in values {
        let place = axis - (rank - value.rank)
        guard place >= 0, value.extents[place] != 1 else { continue }
        if result == 1 || result == nil {
          result = value.extents[place] ?? result.flatMap { $0 == 1 ? nil : $0 }
        }
      }
      return result
    }
  }
}
