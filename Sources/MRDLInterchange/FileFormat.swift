/// What a file seems to be, told from its bytes alone.
public enum FileFormat: String, Sendable, Hashable, CaseIterable {
  // Models.
  case mrdl
  case hdf5
  case onnx
  case keras
  case safetensors
  case pyTorch
  case tensorFlowLite
  case gguf
  // Arrays.
  case npz
  case npy
  // What is given in place of a model by mistake.
  case zip
  case gzip
  case pickle
  case png
  case jpeg
  case bmp
  case pnm
  case json
  case text
  case unknown

  /// The format with its article, for messages.
  public var displayName: String {
    switch self {
    case .mrdl: "an MRDL model"
    case .hdf5: "an HDF5 file"
    case .onnx: "an ONNX model"
    case .keras: "a .keras archive"
    case .safetensors: "a safetensors file"
    case .pyTorch: "a PyTorch archive"
    case .tensorFlowLite: "a TensorFlow Lite model"
    case .gguf: "a GGUF model"
    case .npz: "a NumPy .npz archive"
    case .npy: "a NumPy .npy array"
    case .zip: "a zip archive"
    case .gzip: "a gzip file"
    case .pickle: "a Python pickle"
    case .png: "a PNG picture"
    case .jpeg: "a JPEG picture"
    case .bmp: "a BMP picture"
    case .pnm: "a PNM picture"
    case .json: "JSON text"
    case .text: "text"
    case .unknown: "bytes of no known kind"
    }
  }

  /// Whether files of the format hold a model or at least weights.
  public var isModelFormat: Bool {
    switch self {
    case .mrdl, .hdf5, .onnx, .keras, .safetensors, .pyTorch, .tensorFlowLite, .gguf, .npz: true
    case .npy, .zip, .gzip, .pickle, .png, .jpeg, .bmp, .pnm, .json, .text, .unknown: false
    }
  }
}
