internal import MRDLCore
internal import MRDLHDF5

/// Which weights of a layer belong to one of its parts, where a file lists them together.
enum WeightShare {
  /// One of several parts that have as many weights each, such as a direction.
  case portion(Int, of: Int)
  /// Weights from a place on, such as those of a cell.
  case range(from: Int, count: Int)

  func taken<Element>(from list: [Element]) -> [Element] {
    let (start, count) =
      switch self {
      case .portion(let index, let parts): (index * (list.count / parts), list.count / parts)
      case .range(let start, let count): (start, count)
      }
    return Array(list.dropFirst(start).prefix(count))
  }
}

/// Where the weights of layers lie in a file.
protocol KerasWeights {
  /// The weights of the layers of the model itself; of one inside it, see `nested`.
  ///
  /// - Parameters:
  ///   - layer: the name of the layer.
  ///   - object: the name of its object in an archive.
  ///   - part: the objects inside the layer, such as a cell; empty for the layer itself.
  ///   - share: which of several parts these weights are, where some files list them together.
  func tensors(
    layer: String, object: String, part: [String], share: WeightShare?
  ) throws(MRDLError) -> [Tensor]

  /// The weights of a model that is a layer of this one, or a part of a layer.
  func nested(layer: String, object: String, part: [String]) throws(MRDLError) -> any KerasWeights
}

/// The weights of an HDF5 file: a group for each layer, whose attribute `weight_names` gives the order.
struct LegacyKerasWeights: KerasWeights {
  private let root: HDF5Group
  /// The group of the model that is a layer, where these are its weights.
  private let owner: String?

  init(_ root: HDF5Group, owner: String? = nil) {
    self.root = root
    self.owner = owner
  }

  func tensors(
    layer: String, object: String, part: [String], share: WeightShare?
  ) throws(MRDLError) -> [Tensor] {
    guard root.link(named: owner ?? layer) != nil else { return [] }
    let group = try root.group(path: owner ?? layer)
    var names = try Self.names(group)
    if owner != nil { names = names.filter { Self.name($0, isOf: layer) } }
    if let share { names = share.taken(from: names) }
    var tensors: [Tensor] = []
    for name in names { tensors.append(try group.dataset(path: name).tensor()) }
    return tensors
  }

  func nested(layer: String, object: String, part: [String]) -> any KerasWeights {
    LegacyKerasWeights(root, owner: owner ?? layer)
  }

  /// Whether a weight belongs to a layer of an inner model: its path has the layer, or, in files of
  /// Keras 1, its name is that of the layer with that of the weight behind it.
  private static func name(_ name: String, isOf layer: String) -> Bool {
    let parts = name.split(separator: "/")
    if parts.dropLast().contains(where: { $0 == layer }) { return true }
    guard parts.count == 1, name.hasPrefix(layer + "_") else { return false }
    let suffix = name.dropFirst(layer.count + 1).prefix { $0 != ":" }
    return Keras1Weights.names.contains(String(suffix))
  }

  /// The names of the weights, which a long list keeps in several attributes.
  private static func names(_ group: HDF5Group) throws(MRDLError) -> [String] {
    if let names = group.attributes["weight_names"] { return try strings(names) }
    var all: [String] = []
    var number = 0
    while let part = group.attributes["weight_names\(number)"] {
      all += try strings(part)
      number += 1
    }
    return all
  }

  /// An empty list is written as one of numbers.
  private static func strings(_ attribute: HDF5Attribute) throws(MRDLError) -> [String] {
    try attribute.dataspace.shape.elementCount == 0 ? [] : try attribute.strings()
  }
}

/// The weights of an archive: groups named after the classes of layers, with numbered variables.
struct ArchivedKerasWeights: KerasWeights {
  private let root: HDF5Group

  init(_ root: HDF5Group) { self.root = root }

  private var layers: String {
    root.link(named: "layers") == nil && root.link(named: "_layer_checkpoint_dependencies") != nil
      ? "_layer_checkpoint_dependencies" : "layers"
  }

  func tensors(
    layer: String, object: String, part: [String], share: WeightShare?
  ) throws(MRDLError) -> [Tensor] {
    var group = root
    for name in [layers, object] + part + ["vars"] {
      // Parts that a class keeps to itself have an underscore.
      guard let found = [name, "_" + name].first(where: { group.link(named: $0) != nil }) else {
        return []
      }
      group = try group.group(path: found)
    }
    var tensors: [Tensor] = []
    while group.link(named: String(tensors.count)) != nil {
      tensors.append(try group.dataset(path: String(tensors.count)).tensor())
    }
    return tensors
  }

  func nested(
    layer: String, object: String, part: [String]
  ) throws(MRDLError) -> any KerasWeights {
    let path = ([layers, object] + part).joined(separator: "/")
    return ArchivedKerasWeights(try root.group(path: path))
  }
}
