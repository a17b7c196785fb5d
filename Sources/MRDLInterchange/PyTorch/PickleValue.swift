internal import MRDLCore

/// What the restricted pickle machine can make: plain values, containers, and references to tensors.
enum PickleValue {
  case none
  case bool(Bool)
  case integer(Int64)
  case float(Double)
  case string(String)
  case bytes([UInt8])
  case tuple([PickleValue])
  case list(PickleList)
  case dictionary(PickleDictionary)
  /// One of the names that are permitted.
  case global(PickleGlobal)
  /// The bytes that tensors share.
  case storage(PickleStorage)
  case tensor(PickleTensor)

  /// What it is, for messages.
  var kindName: String {
    switch self {
    case .none: "None"
    case .bool: "a truth value"
    case .integer: "an integer"
    case .float: "a real number"
    case .string: "a string"
    case .bytes: "bytes"
    case .tuple: "a tuple"
    case .list: "a list"
    case .dictionary: "a dictionary"
    case .global: "a class"
    case .storage: "a storage"
    case .tensor: "a tensor"
    }
  }

  var integer: Int? {
    if case .integer(let value) = self { Int(exactly: value) } else { nil }
  }

  var text: String? { if case .string(let value) = self { value } else { nil } }

  /// The elements of a tuple or a list.
  var elements: [PickleValue]? {
    switch self {
    case .tuple(let elements): elements
    case .list(let list): list.elements
    default: nil
    }
  }
}

/// A list, which may be filled after it was referred to.
final class PickleList {
  var elements: [PickleValue] = []
}

/// A dictionary or an ordered one, which may be filled after it was referred to.
final class PickleDictionary {
  var members: [(key: PickleValue, value: PickleValue)] = []
}

/// The bytes that tensors share: an entry of the archive.
struct PickleStorage {
  /// The name of the entry below `data/`.
  let key: String
  /// nil for bytes without a type.
  let scalarType: ScalarType?
}

/// A tensor: a view of a storage.
struct PickleTensor {
  let storage: PickleStorage
  let scalarType: ScalarType
  /// Elements before the first one.
  let offset: Int
  let extents: [Int]
  /// Elements from one to the next along each axis.
  let strides: [Int]
}

/// The names that a checkpoint may use. Whatever else it names is refused and never called.
enum PickleGlobal {
  case orderedDictionary
  case rebuildTensor
  case rebuildParameter
  case size
  case scalarType(ScalarType)
  case storage(ScalarType?)

  init?(module: String, name: String) {
    switch (module, name) {
    case ("collections", "OrderedDict"): self = .orderedDictionary
    case ("torch._utils", "_rebuild_tensor_v2"), ("torch._utils", "_rebuild_tensor"):
      self = .rebuildTensor
    case ("torch._utils", "_rebuild_parameter"),
      ("torch._utils", "_rebuild_parameter_with_state"):
      self = .rebuildParameter
    case ("torch", "Size"): self = .size
    case ("torch.storage", "UntypedStorage"), ("torch", "UntypedStorage"): self = .storage(nil)
    case ("torch", _):
      if let type = Self.storages[name] {
        self = .storage(type)
      } else if let type = Self.scalarTypes[name] {
        self = .scalarType(type)
      } else {
        return nil
      }
    default: return nil
    }
  }

  private static let storages: [String: ScalarType] = [
    "DoubleStorage": .float64, "FloatStorage": .float32, "HalfStorage": .float16,
    "BFloat16Storage": .bfloat16, "LongStorage": .int64, "IntStorage": .int32,
    "ShortStorage": .int16, "CharStorage": .int8, "ByteStorage": .uint8, "BoolStorage": .bool,
  ]

  private static let scalarTypes: [String: ScalarType] = [
    "float64": .float64, "float32": .float32, "float16": .float16, "bfloat16": .bfloat16,
    "int64": .int64, "int32": .int32, "int16": .int16, "int8": .int8, "uint8": .uint8,
    "uint16": .uint16, "uint32": .uint32, "uint64": .uint64, "bool": .bool,
    "float8_e4m3fn": .float8E4M3FN, "float8_e4m3fnuz": .float8E4M3FNUZ,
    "float8_e5m2": .float8E5M2, "float8_e5m2fnuz": .float8E5M2FNUZ,
  ]
}
