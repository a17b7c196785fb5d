internal import MRDLCore
internal import MRDLNumerics
internal import MRDLOperators

/// How the residual of a convolution's weights is cut into pieces: shards of the batch, groups, and places in
/// the window.
///
/// The batch is cut by the shape alone; a shard sums its images in order, and then the shards are summed in
/// order, so that results do not depend on the number of threads.
struct WeightGradientShards<Element: RealElement>: Sendable {
  /// What one piece computes: the product of some images' residuals with what some places see of one group.
  struct Piece {
    let group: Int
    let places: Range<Int>
    let images: Range<Int>
    /// The first of the places for the group's first output channel; rows are `placeCount` apart.
    let target: UnsafeMutablePointer<Element>
  }

  private let geometry: ConvolutionGeometry
  private let count: Int
  private let placeStep: Int
  private let placePieces: Int
  private let slotElementCount: Int
  private let slotCount: Int

  /// - Parameters:
  ///   - count: the shards, 1 to `most`.
  ///   - placeStep: the places of one piece.
  ///   - slotElementCount: the elements of working memory of a thread.
  init(_ geometry: ConvolutionGeometry, count: Int, placeStep: Int, slotElementCount: Int) {
    self.geometry = geometry
    self.count = count
    self.placeStep = placeStep
    self.slotElementCount = slotElementCount
    placePieces = (geometry.placeCount + placeStep - 1) / placeStep
    slotCount = max(1, min(WorkerPool.size, count * geometry.groupCount * placePieces))
  }

  /// The most shards: 16, and partial sums of 16 MB.
  static func most(_ geometry: ConvolutionGeometry) -> Int {
    let byteCount = max(1, geometry.weightCount * MemoryLayout<Element>.stride)
    return max(1, min(16, (16 << 20) / byteCount))
  }

  private var partialCount: Int { geometry.weightCount.roundedUp(toMultipleOf: 16) }

  /// What the threads need, then the sums of all shards but the first.
  var workspaceByteCount: Int {
    (slotCount * slotElementCount + (count - 1) * partialCount) * MemoryLayout<Element>.stride
  }

  /// The working memory of a thread.
  func slot(
    _ slot: Int, in workspace: UnsafeMutablePointer<Element>
  ) -> UnsafeMutablePointer<Element> { workspace + slot * slotElementCount }

  /// The piece of a number.
  func piece(
    _ index: Int, result: UnsafeMutablePointer<Element>, workspace: UnsafeMutablePointer<Element>
  ) -> Piece {
    let (rest, piece) = index.quotientAndRemainder(dividingBy: placePieces)
    let (shard, group) = rest.quotientAndRemainder(dividingBy: geometry.groupCount)
    let firstPlace = piece * placeStep
    let sums = shard == 0 ? result : partial(shard, in: workspace)
    return Piece(
      group: group, places: firstPlace..<min(firstPlace + placeStep, geometry.placeCount),
      images: shard * geometry.batchCount / count..<(shard + 1) * geometry.batchCount / count,
      target: sums + group * geometry.groupRows * geometry.placeCount + firstPlace)
  }

  /// Runs all pieces, and then sums the shards.
  func run(
    _ pieces: some ParallelWork, result: UnsafeMutablePointer<Element>,
    workspace: UnsafeMutablePointer<Element>, threadLimit: Int
  ) {
    WorkerPool.run(
      pieces, count: count * geometry.groupCount * placePieces,
      threadLimit: WorkerPool.limit(threadLimit, slots: slotCount))
    for shard in 1..<count {
      Element.sumColumns(
        rows: 1, columns: geometry.weightCount, partial(shard, in: workspace),
        rowStride: geometry.weightCount, result, accumulates: true)
    }
  }

  private func partial(
    _ shard: Int, in workspace: UnsafeMutablePointer<Element>
  ) -> UnsafeMutablePointer<Element> {
    workspace + slotCount * slotElementCount + (shard - 1) * partialCount
  }
}
