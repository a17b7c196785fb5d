package import MRDLCore
package import MRDLModel

/// The safetensors format: a length of 64 bits, a header in JSON, then the tensors without gaps.
package enum SafetensorsFile {
  /// The longest header that the format permits, in bytes.
  package static let headerByteCountLimit = 100_000_000
  /// The key of the header that is no tensor.
  package static let metadataKey = "__metadata__"

  /// Opens a file as a model that has weights and no architecture.
  ///
  /// Tensors that lie aligned in the file are used in place, others are copied when they are asked for.
  ///
  /// - Throws: `MRDL6009` for a file that breaks a rule of the format: a header that is too long or no
  ///   JSON object, unknown types, ranges that overlap, leave gaps, leave the file or do not fit their
  ///   shapes.
  /// - Complexity: O(n log n) in the tensors; their bytes are not touched.
  package static func open(
    _ storage: Storage, path: String, options: OpeningOptions = .standard
  ) throws(MRDLError) -> Model {
    do throws(MRDLError) {
      var reader = ByteReader(storage, truncationCode: .badSafetensors)
      let headerByteCount = try reader.readInteger(UInt64.self)
      guard headerByteCount <= UInt64(headerByteCountLimit) else {
        throw MRDLError(
          .badSafetensors, "the header is too long", found: "\(headerByteCount) bytes",
          expected: "at most \(headerByteCountLimit)", at: reader.place(0))
      }
      let header = try reader.readSlice(byteCount: Int(headerByteCount))
      return try model(header, content: reader, path: path, options)
    } catch {
      throw error.inFile(path)
    }
  }

  private static func model(
    _ header: ByteReader, content: ByteReader, path: String, _ options: OpeningOptions
  ) throws(MRDLError) -> Model {
    let value: JSONValue
    do throws(MRDLError) {
      value = try header.withUnsafeRemainingBytes { (bytes) throws(MRDLError) in
        try JSONParser.parse(bytes, limits: options.limits)
      }
    } catch {
      throw MRDLError(
        .badSafetensors, "the header is not JSON", found: error.message, at: header.place(),
        cause: nil)
    }
    guard case .object(let members) = value, members.count <= options.limits.tensorCount else {
      throw MRDLError(
        .badSafetensors, "the header is not an object of tensors", found: value.kindName,
        at: header.place())
    }
    var model = Model(graph: Graph())
    var entries: [Entry] = []
    for member in members {
      if member.key == metadataKey {
        try read(metadata: member.value, into: &model.card)
      } else {
        entries.append(try Entry(member.key, member.value))
      }
    }
    try checkRanges(entries, byteCount: content.remainingByteCount)
    for entry in entries {
      let part = try content.slice(
        byteOffset: content.byteOffset + entry.range.lowerBound, byteCount: entry.range.count)
      model.tensors[entry.info.name] = tensor(entry.info, part, path)
    }
    return model
  }

  /// What the header says of a tensor.
  private struct Entry {
    let info: TensorInfo
    let range: Range<Int>

    init(_ name: String, _ value: JSONValue) throws(MRDLError) {
      let place = Place(name)
      guard case .object(let members) = value,
        Set(members.map(\.key)) == ["dtype", "shape", "data_offsets"],
        case .string(let dtype)? = value["dtype"],
        case .array(let extents)? = value["shape"],
        case .array(let offsets)? = value["data_offsets"],
        offsets.count == 2, case .integer(let begin) = offsets[0],
        case .integer(let end) = offsets[1]
      else {
        throw MRDLError(
          .badSafetensors, "an entry of the header is not that of a tensor",
          expected: "dtype, shape and data_offsets", at: place)
      }
      guard let scalarType = ScalarType(safetensorsName: dtype) else {
        throw MRDLError(
          .badSafetensors, "a tensor is of a type that is not known", found: dtype, at: place)
      }
      let dimensions = extents.map { extent -> Int in
        if case .integer(let value) = extent { Int(exactly: value) ?? -1 } else { -1 }
      }
      guard let shape = Shape(checking: dimensions),
        let byteCount = scalarType.byteCount(elementCount: shape.elementCount),
        shape.elementCount.multipliedChecked(by: scalarType.bitWidth).map({ $0 % 8 }) == 0
      else {
        throw MRDLError(
          .badSafetensors, "the extents of a tensor are not a shape", found: "\(dimensions)",
          at: place)
      }
      guard begin >= 0, end >= begin, end - begin == Int64(byteCount) else {
        throw MRDLError(
          .badSafetensors, "a tensor has not as many bytes as its shape needs",
          found: "bytes \(begin)..<\(end)", expected: "\(byteCount) for \(dtype) \(shape)",
          at: place)
      }
      info = TensorInfo(name, scalarType, shape)
      range = Int(begin)..<Int(end)
    }
  }

  /// The tensors must fill the rest of the file, one behind the other.
  private static func checkRanges(_ entries: [Entry], byteCount: Int) throws(MRDLError) {
    var end = 0
    for entry in entries.sorted(by: {
      ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
    }) {
      guard entry.range.lowerBound == end else {
        throw MRDLError(
          .badSafetensors, "tensors overlap or leave a gap",
          found: "a tensor at byte \(entry.range.lowerBound)", expected: "byte \(end)",
          at: Place(entry.info.name))
      }
      end = entry.range.upperBound
    }
    guard end == byteCount else {
      throw MRDLError(
        .badSafetensors, "the tensors do not fill the file", found: "\(byteCount) bytes",
        expected: "\(end)")
    }
  }

  private static func tensor(_ info: TensorInfo, _ part: ByteReader, _ path: String) -> ModelTensor
  {
    ModelTensor(
      info,
      source: VerifiedTensorSource(digest: nil, place: Place(file: path, path: info.name)) {
        () throws(MRDLError) in
        let tensor = try Tensor(
          info.scalarType, shape: info.shape, storage: part.storage, byteOffset: part.byteOffset)
        return tensor.isAligned(toByteCount: info.scalarType.elementByteCount ?? 1)
          ? tensor : tensor.copied()
      })
  }

  private static func read(
    metadata: JSONValue, into card: inout ModelCard
  ) throws(MRDLError) {
    guard case .object(let members) = metadata else {
      throw MRDLError(
        .badSafetensors, "the metadata are not an object", found: metadata.kindName,
        at: Place(metadataKey))
    }
    for member in members {
      guard case .string(let text) = member.value else {
        throw MRDLError(
          .badSafetensors, "an entry of the metadata is not a string",
          found: member.value.kindName, at: Place("\(metadataKey)/\(member.key)"))
      }
      switch member.key {
      case "name", "title": card.name = text
      case "description": card.description = text
      case "authors", "author": card.authors = text.split(separator: ";").map { String($0) }
      case "license": card.license = text
      case "base_model": card.baseModel = text
      case "producer": card.producer = text
      case "created", "date": card.created = text
      default: break
      }
    }
  }
}

extension ScalarType {
  /// The type that safetensors gives the name, or nil for one that is not known here.
  package init?(safetensorsName name: String) {
    guard let type = Self.allCases.first(where: { $0.safetensorsName == name }) else { return nil }
    self = type
  }

  /// The name in safetensors, or nil for a type that it lacks.
  package var safetensorsName: String? {
    switch self {
    case .float64: "F64"
    case .float32: "F32"
    case .float16: "F16"
    case .bfloat16: "BF16"
    case .int8: "I8"
    case .int16: "I16"
    case .int32: "I32"
    case .int64: "I64"
    case .uint8: "U8"
    case .uint16: "U16"
    case .uint32: "U32"
    case .uint64: "U64"
    case .bool: "BOOL"
    case .float8E4M3FN: "F8_E4M3"
    case .float8E5M2: "F8_E5M2"
    case .float8E8M0: "F8_E8M0"
    case .float4E2M1: "F4"
    case .float8E4M3FNUZ, .float8E5M2FNUZ, .int4, .uint4, .int2, .uint2, .bit: nil
    }
  }
}
