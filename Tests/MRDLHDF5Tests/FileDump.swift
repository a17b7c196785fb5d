import MRDLCore
import MRDLHDF5

/// Everything that the reader says of a file, as JSON and one run of bytes that it refers to.
///
/// `Tests/Interoperability/check_hdf5.py` compares it with what h5py says.
struct FileDump {
  private(set) var description: JSONValue = .null
  private(set) var bytes: [UInt8] = []

  init(_ storage: Storage) {
    do throws(MRDLError) {
      let file = try HDF5File(storage)
      var objects = [try describe(.group(file.root))]
      try file.root.forEachDescendant { (object) throws(MRDLError) in
        objects.append(describe(object))
      }
      description = .object([
        "superblock": .integer(Int64(file.superblockVersion)), "objects": .array(objects),
      ])
    } catch {
      description = .object(["error": .string(error.description)])
    }
  }

  private mutating func describe(_ object: HDF5Object) -> JSONValue {
    var members = [JSONMember("path", .string(object.path))]
    switch object {
    case .group(let group):
      members.append(JSONMember("kind", "group"))
      members.append(JSONMember("names", .strings(group.names)))
      members.append(JSONMember("links", .array(group.links.map(Self.describe))))
      members.append(JSONMember("attributes", describe(group.attributes)))
    case .dataset(let dataset):
      members.append(JSONMember("kind", "dataset"))
      members.append(JSONMember("shape", .integers(dataset.shape.dimensions)))
      members.append(JSONMember("type", .string(dataset.datatype.description)))
      members.append(JSONMember("layout", .string(dataset.layoutDescription)))
      members.append(JSONMember("filters", .strings(dataset.filters.map(\.name))))
      members.append(JSONMember("mappable", .bool(dataset.isMappable)))
      members.append(JSONMember("attributes", describe(dataset.attributes)))
      let isString = dataset.datatype.isString
      members.append(
        JSONMember(
          "value",
          isString
            ? strings { () throws(MRDLError) in try dataset.strings() }
            : tensor { () throws(MRDLError) in try dataset.tensor() }))
    case .datatype(let datatype, _):
      members.append(JSONMember("kind", "datatype"))
      members.append(JSONMember("type", .string(datatype.description)))
    }
    return .object(members)
  }

  private static func describe(_ link: HDF5Link) -> JSONValue {
    switch link.target {
    case .object: "hard"
    case .soft(let path): .string("soft \(path)")
    case .external(let file, let path): .string("external \(file) \(path)")
    case .userDefined(let number): .string("user \(number)")
    }
  }

  private mutating func describe(_ attributes: HDF5Attributes) -> JSONValue {
    var members: [JSONMember] = []
    for name in attributes.names {
      do throws(MRDLError) {
        let attribute = try attributes.required(name)
        let datatype = try attribute.datatype
        let value =
          datatype.isString
          ? strings { () throws(MRDLError) in try attribute.strings() }
          : tensor { () throws(MRDLError) in try attribute.tensor() }
        members.append(
          JSONMember(
            name,
            .object([
              "type": .string(datatype.description),
              "shape": .integers(try attribute.dataspace.shape.dimensions),
              "null": .bool(try attribute.dataspace.isNull), "value": value,
            ])))
      } catch {
        members.append(JSONMember(name, .object(["error": .string(error.description)])))
      }
    }
    return .object(members)
  }

  private func strings(_ read: () throws(MRDLError) -> [String]) -> JSONValue {
    do throws(MRDLError) {
      return .object(["strings": .strings(try read())])
    } catch {
      return .object(["error": .string(error.description)])
    }
  }

  private mutating func tensor(_ read: () throws(MRDLError) -> Tensor) -> JSONValue {
    do throws(MRDLError) {
      let tensor = try read()
      let offset = bytes.count
      tensor.withUnsafeBytes { bytes.append(contentsOf: $0) }
      return .object([
        "type": .string(tensor.scalarType.rawValue), "offset": .integer(Int64(offset)),
        "bytes": .integer(Int64(tensor.byteCount)),
      ])
    } catch {
      return .object(["error": .string(error.description)])
    }
  }
}
