package import MRDLCore
internal import MRDLImages

/// A directory with a folder of pictures for each class, named like it; all pictures have one size.
package enum ClassFolders {
  /// Whether the directory has folders in it.
  package static func areIn(_ path: String) throws(MRDLError) -> Bool {
    try !folders(path).isEmpty
  }

  private static func folders(_ path: String) throws(MRDLError) -> [String] {
    try FileSystem.names(inDirectory: path).filter {
      !$0.hasPrefix(".") && FileSystem.kind(of: FileSystem.join(path, $0)) == .directory
    }.sorted()
  }

  /// Reads all pictures, grey where every one of them is, else in colour.
  ///
  /// - Parameter name: what the data are called.
  /// - Throws: `MRDL5001` where pictures differ in size or there are none, or what is wrong with one.
  package static func read(_ path: String, name: String) throws(MRDLError) -> LabelledImages {
    let classNames = try folders(path)
    var images: [Image] = []
    var labels: [Int] = []
    var hasher = SHA256()
    for (label, folder) in classNames.enumerated() {
      for file in try ImageFolder.paths(in: FileSystem.join(path, folder)) {
        let image = try ImageDecoder.decode(file: file).withEightBitSamples()
        if let first = images.first, first.width != image.width || first.height != image.height {
          throw MRDLError(
            .badDataset, "pictures of a data set have different sizes",
            found: "\(image.width) x \(image.height)", expected: "\(first.width) x \(first.height)",
            at: Place(file: file))
        }
        try FileContent.map(file).withUnsafeBytes { hasher.update($0) }
        images.append(image)
        labels.append(label)
      }
    }
    guard let first = images.first else {
      throw MRDLError(.badDataset, "the folders hold no pictures", at: Place(file: path))
    }
    let isGrey = images.allSatisfy { $0.colorSpace == .grey }
    let channels = isGrey ? 1 : 3
    let area = first.width * first.height
    var pixels = [UInt8](repeating: 0, count: images.count * channels * area)
    for (index, image) in images.enumerated() {
      let samples = image.converted(to: isGrey ? .grey : .rgb).samples.elements(as: UInt8.self)
      for place in 0..<area {
        for channel in 0..<channels {
          pixels[(index * channels + channel) * area + place] =
            samples[place * channels + channel]
        }
      }
    }
    return try LabelledImages(
      name: name,
      pixels: Tensor(pixels, shape: Shape([images.count, channels, first.height, first.width])),
      labels: labels, classNames: classNames, digest: hasher.finalize())
  }
}
