package import MRDLCore

/// How regions of feature maps are cut into cells of whole elements: by MaxRoiPool and by its gradient.
package struct RegionCells: Sendable {
  /// [N, C, H, W].
  package let input: Shape
  package let rows: Int
  package let columns: Int
  let spatialScale: Double
  let place: Place

  /// One region.
  package struct Region {
    /// The picture that it lies in.
    package let picture: Int
    private let top: Int
    private let left: Int
    private let cellHeight: Double
    private let cellWidth: Double
    private let height: Int
    private let width: Int

    fileprivate init(_ cells: RegionCells, picture: Int, corners: (Int) -> Int) {
      self.picture = picture
      (left, top) = (corners(1), corners(2))
      cellWidth = Double(max(corners(3) - left + 1, 1)) / Double(cells.columns)
      cellHeight = Double(max(corners(4) - top + 1, 1)) / Double(cells.rows)
      (height, width) = (cells.input[2], cells.input[3])
    }

    /// The rows of a row of cells.
    func rows(_ cell: Int) -> Range<Int> { Self.range(cell, cellHeight, top, height) }

    /// The columns of a column of cells.
    func columns(_ cell: Int) -> Range<Int> { Self.range(cell, cellWidth, left, width) }

    private static func range(
      _ cell: Int, _ size: Double, _ start: Int, _ extent: Int
    ) -> Range<Int> {
      let first = Int((Double(cell) * size).rounded(.down)) + start
      let end = Int((Double(cell + 1) * size).rounded(.up)) + start
      let low = min(max(first, 0), extent)
      return low..<max(low, min(end, extent))
    }
  }

  /// The place of the largest element of a cell, the first of those that are alike; nil for an empty cell.
  ///
  /// - Parameters:
  ///   - plane: where the plane begins.
  ///   - isLess: whether the element at the first place is less than the one at the second.
  package func largest(
    in cell: Int, of region: Region, plane: Int, isLess: (Int, Int) -> Bool
  ) -> Int? {
    var largest: Int?
    for row in region.rows(cell / columns) {
      for column in region.columns(cell % columns) {
        let place = plane + row * input[3] + column
        if largest.map({ isLess($0, place) }) ?? true { largest = place }
      }
    }
    return largest
  }

  /// A region of five numbers: picture, x₁, y₁, x₂, y₂.
  ///
  /// - Throws: `MRDL4005` for a picture that is not there.
  package func region(_ number: (Int) -> Double) throws(MRDLError) -> Region {
    let picture = number(0)
    guard picture >= 0, picture < Double(input[0]) else {
      throw MRDLError(
        .operatorFailed, "a region lies in a picture that is not there", found: "\(picture)",
        expected: "0 to \(input[0] - 1)", at: place)
    }
    return Region(self, picture: Int(picture)) { index in
      // A corner in whole elements, far outside at most.
      let scaled = (number(index) * spatialScale).rounded()
      return Int(min(max(scaled.isNaN ? 0 : scaled, -1e9), 1e9))
    }
  }
}
