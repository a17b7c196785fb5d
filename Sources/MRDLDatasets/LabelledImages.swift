package import MRDLCore

/// Pictures with the class of each.
package struct LabelledImages: Sendable {
  /// What people call the data, such as `Fashion-MNIST`.
  package var name: String
  /// Pixels from 0 to 255, `u8` [N, C, H, W].
  package let pixels: Tensor
  /// The class of each picture.
  package let labels: [Int]
  /// The names of the classes, in order.
  package let classNames: [String]
  /// The SHA-256 of the files that the data came from, one after the other.
  package let digest: Digest?

  /// - Throws: `MRDL5001` where the parts do not fit each other.
  package init(
    name: String, pixels: Tensor, labels: [Int], classNames: [String], digest: Digest? = nil
  ) throws(MRDLError) {
    guard pixels.scalarType == .uint8, pixels.shape.rank == 4 else {
      throw MRDLError(
        .badDataset, "the pictures are not of the expected kind",
        found: "\(pixels.scalarType.rawValue) \(pixels.shape)", expected: "u8 [N, C, H, W]")
    }
    guard labels.count == pixels.shape[0] else {
      throw MRDLError(
        .badDataset, "there are not as many labels as pictures", found: "\(labels.count)",
        expected: "\(pixels.shape[0])")
    }
    if let wrong = labels.firstIndex(where: { !classNames.indices.contains($0) }) {
      throw MRDLError(
        .badDataset, "the label of picture \(wrong) is not one of the classes",
        found: "\(labels[wrong])", expected: "0 to \(classNames.count - 1)")
    }
    self.name = name
    self.pixels = pixels
    self.labels = labels
    self.classNames = classNames
    self.digest = digest
  }

  /// The number of pictures.
  package var count: Int { labels.count }
  package var channelCount: Int { pixels.shape[1] }
  package var height: Int { pixels.shape[2] }
  package var width: Int { pixels.shape[3] }

  /// The pictures at the given positions, in that order.
  ///
  /// - Precondition: every position is that of a picture.
  package func selecting(_ indices: some Collection<Int>) throws(MRDLError) -> LabelledImages {
    let size = channelCount * height * width
    var selected = Tensor(
      zeros: Shape([indices.count, channelCount, height, width]), scalarType: .uint8)
    let source = pixels
    selected.withMutableElements(as: UInt8.self) { target in
      source.withUnsafeBytes { bytes in
        for (position, index) in indices.enumerated() {
          precondition(labels.indices.contains(index), "picture \(index) of \(count)")
          for offset in 0..<size { target[position * size + offset] = bytes[index * size + offset] }
        }
      }
    }
    return try LabelledImages(
      name: name, pixels: selected, labels: indices.map { labels[$0] }, classNames: classNames,
      digest: digest)
  }

  /// The pictures in a given order, parted into those to learn from and those to measure by.
  ///
  /// - Parameters:
  ///   - order: every position once; a seeded permutation makes the parts random and repeatable.
  ///   - validationCount: how many of them, from the end of the order, are for measuring.
  /// - Precondition: `order` is a permutation of all positions, and has `validationCount` of them.
  package func split(
    order: [Int], validationCount: Int
  ) throws(MRDLError) -> (training: LabelledImages, validation: LabelledImages) {
    precondition(
      order.count == count && Set(order).count == count, "the order is not a permutation")
    precondition((0...count).contains(validationCount), "\(validationCount) of \(count) pictures")
    let border = count - validationCount
    return (try selecting(order[..<border]), try selecting(order[border...]))
  }
}
