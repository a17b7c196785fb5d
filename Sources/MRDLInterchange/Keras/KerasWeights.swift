internal import MRDLCore
internal import MRDLHDF5

/// One of several parts of a layer that have as many weights each: a direction, or a projection.
struct WeightShare {
  let index: Int
  let count: Int
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

  /// The weights of a model that is a layer of this one.
  func nested(layer: String, object: String) throws(MRDLError) -> any KerasWeights
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
    if owner != nil {
      names = names.filter { $0.split(separator: "/").dropLast().contains { $0 == layer } }
    }
    if let share {
      let count = names.count / share.count
      names = Array(names[(share.index * count)..<((share.index + 1) * count)])
    }
    var tensors: [Tensor] = []
    for name in names { tensors.append(try group.dataset(path: name).tensor()) }
    return tensors
  }

  func nested(layer: String, object: String) -> any KerasWeights {
    LegacyKerasWeights(root, owner: owner ?? layer)
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
      guard group.link(named: name) != nil else { return [] }
      group = try group.group(path: name)
    }
    var tensors: [Tensor] = []
    while group.link(named: String(tensors.count)) != nil {
      tensors.append(try group.dataset(path: String(tensors.count)).tensor())
    }
    return tensors
  }

  func nested(layer: String, object: String) throws(MRDLError) -> any KerasWeights {
    ArchivedKerasWeights(try root.group(path: "\(layers)/\(object)"))
  }
}
