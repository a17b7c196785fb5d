import MRDLCore

/// A file as its program wrote it, from which cases are made.
struct Sample {
  /// How a file is changed and read.
  enum Kind: String, CaseIterable {
    case onnx
    /// `.keras`, `.npz` and `.pt`.
    case archive
    case json
    case safetensors
    case array
    case hdf5
    case mrdl
    case pickle
    case png, pnm, bmp

    /// The kind that the suffix of a name tells.
    init?(name: String) {
      switch name.split(separator: ".").last ?? "" {
      case "onnx": self = .onnx
      case "keras", "npz", "pt", "pth", "zip": self = .archive
      case "json": self = .json
      case "safetensors": self = .safetensors
      case "npy": self = .array
      case "h5", "hdf5": self = .hdf5
      case "mrdl": self = .mrdl
      case "pkl": self = .pickle
      case "png": self = .png
      case "pgm", "ppm", "pbm", "pam", "pfm", "pnm": self = .pnm
      case "bmp": self = .bmp
      default: return nil
      }
    }
  }

  let path: String
  let kind: Kind
  let bytes: [UInt8]

  /// nil for a name that tells no kind.
  init?(path: String) throws(MRDLError) {
    guard let kind = Kind(name: path) else { return nil }
    self.path = path
    self.kind = kind
    bytes = try FileContent.read(path).withUnsafeBytes { Array($0) }
  }

  /// The weights beside an architecture that stands alone: `a.json` has `a.h5`.
  var weightsPath: String? {
    guard kind == .json else { return nil }
    let path = path.dropLast(4) + "h5"
    return FileSystem.kind(of: String(path)) == .file ? String(path) : nil
  }
}
