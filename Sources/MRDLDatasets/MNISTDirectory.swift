package import MRDLCore

/// A directory with the four files of MNIST, or of a data set laid out like it.
///
/// The files are `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
/// `t10k-labels-idx1-ubyte`, each plain or with `.gz`, and also as `train-images.idx3-ubyte` and so on.
package struct MNISTDirectory: Sendable {
  package enum Split: String, Sendable, CaseIterable {
    case train
    case test

    fileprivate var prefix: String { self == .train ? "train" : "t10k" }
  }

  /// Which member of the family it is; it decides the names of the classes.
  package enum Member: String, Sendable, CaseIterable {
    case digits = "MNIST"
    case fashion = "Fashion-MNIST"

    /// The names of the ten classes, in the order of their labels.
    package var classNames: [String] {
      switch self {
      case .digits: (0...9).map(String.init)
      case .fashion:
        [
          "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker",
          "Bag",
          "Ankle boot",
        ]
      }
    }
  }

  package let path: String
  package let member: Member

  /// - Parameter member: nil to tell it by the name of the directory: one that contains `fashion` holds
  ///   Fashion-MNIST, any other one MNIST.
  package init(_ path: String, member: Member? = nil) {
    self.path = path
    self.member = member ?? (path.lowercased().contains("fashion") ? .fashion : .digits)
  }

  /// Reads one split.
  ///
  /// - Throws: `MRDL9001` where a file is missing, `MRDL5001` where one is damaged.
  package func read(_ split: Split, limits: Limits = .standard) throws(MRDLError) -> LabelledImages
  {
    let imagePath = try file("\(split.prefix)-images", "idx3-ubyte")
    let labelPath = try file("\(split.prefix)-labels", "idx1-ubyte")
    let images = try IDX.read(imagePath, limits: limits)
    let labels = try IDX.read(labelPath, limits: limits)
    guard images.scalarType == .uint8, images.shape.rank == 3 else {
      throw MRDLError(
        .badDataset, "the file does not hold pictures",
        found: "\(images.scalarType.rawValue) \(images.shape)", expected: "u8 [N, H, W]",
        at: Place(file: imagePath))
    }
    guard labels.scalarType == .uint8, labels.shape.rank == 1 else {
      throw MRDLError(
        .badDataset, "the file does not hold labels",
        found: "\(labels.scalarType.rawValue) \(labels.shape)", expected: "u8 [N]",
        at: Place(file: labelPath))
    }
    var hasher = SHA256()
    for path in [imagePath, labelPath] {
      try FileContent.map(path).withUnsafeBytes { hasher.update($0) }
    }
    do {
      return try LabelledImages(
        name: member.rawValue,
        pixels: images.reshaped(Shape([images.shape[0], 1, images.shape[1], images.shape[2]])),
        labels: labels.elements(as: UInt8.self).map(Int.init), classNames: member.classNames,
        digest: hasher.finalize())
    } catch {
      throw error.inFile(labelPath)
    }
  }

  private func file(_ stem: String, _ suffix: String) throws(MRDLError) -> String {
    guard FileSystem.kind(of: path) == .directory else {
      throw MRDLError(
        .noSuchFile, "the data directory does not exist", expected: "a directory with IDX files",
        at: Place(file: path))
    }
    for separator in ["-", "."] {
      for ending in ["", ".gz"] {
        let candidate = FileSystem.join(path, stem + separator + suffix + ending)
        if FileSystem.kind(of: candidate) == .file { return candidate }
      }
    }
    throw MRDLError(
      .noSuchFile, "a file of the data set is missing", expected: "\(stem)-\(suffix) or with .gz",
      at: Place(file: path))
  }
}
