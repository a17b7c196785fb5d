internal import MRDLCompression
package import MRDLCore
package import MRDLModel

/// Checkpoints that `torch.save` wrote: a zip archive with a pickle and the bytes of tensors.
///
/// The pickle is read by a machine that knows tensors and containers only; nothing of it is executed.
package enum PyTorchFile {
  /// How deep containers may be nested.
  private static let depthLimit = 64

  /// Opens a checkpoint as a model that has weights and no architecture. The names of tensors are the
  /// keys on the way to them, with dots between.
  ///
  /// - Parameter log: takes what is not a tensor and is left out.
  /// - Throws: `MRDL6010` for a checkpoint that is damaged or holds more than tensors and containers,
  ///   `MRDL2501` and `MRDL2502` for a damaged archive.
  package static func open(
    _ storage: Storage, path: String, options: OpeningOptions = .standard,
    log: ConversionLog? = nil
  ) throws(MRDLError) -> Model {
    do throws(MRDLError) {
      let archive = try ZipArchive(storage, limits: options.limits)
      guard
        let entry = archive.entries.first(where: {
          $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl")
        })
      else {
        throw MRDLError(.badCheckpoint, "the archive lacks a part", expected: "data.pkl")
      }
      let prefix = String(entry.name.dropLast("data.pkl".count))
      if let order = archive.entry(named: prefix + "byteorder") {
        let text = try archive.content(of: order).withUnsafeRemainingBytes {
          String(decoding: $0, as: UTF8.self)
        }
        guard text == "little" else {
          throw MRDLError(
            .badCheckpoint, "the bytes of tensors are in another order", found: text,
            expected: "little")
        }
      }
      var machine = PickleMachine(try archive.content(of: entry), limits: options.limits)
      var collector = Collector(archive: archive, prefix: prefix, path: path, log: log)
      try collector.collect(try machine.run(), name: "", depth: 0)
      return collector.model
    } catch {
      throw error.inFile(path)
    }
  }

  /// Walks through containers and takes their tensors.
  private struct Collector {
    let archive: ZipArchive
    let prefix: String
    let path: String
    let log: ConversionLog?
    var model = Model(graph: Graph())

    mutating func collect(
      _ value: PickleValue, name: String, depth: Int
    ) throws(MRDLError) {
      guard depth <= depthLimit else {
        throw MRDLError(
          .badCheckpoint, "containers are nested too deeply", expected: "at most \(depthLimit)")
      }
      switch value {
      case .tensor(let tensor): try add(tensor, name.isEmpty ? "tensor" : name)
      case .dictionary(let dictionary):
        for (key, value) in dictionary.members {
          try collect(value, name: join(name, key), depth: depth + 1)
        }
      case .list(let list):
        for (index, value) in list.elements.enumerated() {
          try collect(value, name: join(name, .integer(Int64(index))), depth: depth + 1)
        }
      case .tuple(let elements):
        for (index, value) in elements.enumerated() {
          try collect(value, name: join(name, .integer(Int64(index))), depth: depth + 1)
        }
      default: log?.add(.dropped, name, "\(value.kindName) is not a tensor")
      }
    }

    private func join(_ name: String, _ key: PickleValue) -> String {
      let part =
        switch key {
        case .string(let text): text
        case .integer(let number): String(number)
        default: key.kindName
        }
      return name.isEmpty ? part : "\(name).\(part)"
    }

    private mutating func add(_ tensor: PickleTensor, _ name: String) throws(MRDLError) {
      let place = Place(file: path, path: name)
      guard let shape = Shape(checking: tensor.extents),
        let entry = archive.entry(named: "\(prefix)data/\(tensor.storage.key)"),
        let width = tensor.scalarType.elementByteCount,
        let span = Self.span(tensor, shape),
        let byteCount = span.multipliedChecked(by: width), byteCount <= entry.byteCount
      else {
        throw MRDLError(
          .badCheckpoint, "a tensor does not fit the bytes that it names",
          found: "\(tensor.scalarType.rawValue) \(tensor.extents)", at: place)
      }
      guard model.tensors[name] == nil else {
        throw MRDLError(.badCheckpoint, "two tensors have the same name", at: place)
      }
      let info = TensorInfo(name, tensor.scalarType, shape)
      let archive = archive
      model.tensors[name] = ModelTensor(
        info,
        source: VerifiedTensorSource(digest: nil, place: place) { () throws(MRDLError) in
          try Self.load(tensor, info, width: width, try archive.content(of: entry))
        })
    }

    /// Elements of the storage up to the last one of the tensor, or nil where they cannot be counted.
    private static func span(_ tensor: PickleTensor, _ shape: Shape) -> Int? {
      if shape.elementCount == 0 { return 0 }
      var last = tensor.offset
      for (extent, stride) in zip(tensor.extents, tensor.strides) {
        guard stride >= 0, let reach = (extent - 1).multipliedChecked(by: stride),
          let next = last.addingChecked(reach)
        else { return nil }
        last = next
      }
      return last.addingChecked(1)
    }

    private static func load(
      _ tensor: PickleTensor, _ info: TensorInfo, width: Int, _ content: ByteReader
    ) throws(MRDLError) -> Tensor {
      if tensor.strides == Self.denseStrides(tensor.extents) || info.shape.elementCount == 0 {
        let start = info.shape.elementCount == 0 ? 0 : tensor.offset * width
        let dense = try Tensor(
          info.scalarType, shape: info.shape, storage: content.storage,
          byteOffset: content.byteOffset + start)
        return dense.isAligned(toByteCount: width) ? dense : dense.copied()
      }
      var result = Tensor(zeros: info.shape, scalarType: info.scalarType)
      result.withUnsafeMutableBytes { target in
        content.withUnsafeRemainingBytes { source in
          var position = [Int](repeating: 0, count: tensor.extents.count)
          for index in 0..<info.shape.elementCount {
            let element = zip(position, tensor.strides).reduce(tensor.offset) {
              $0 + $1.0 * $1.1
            }
            UnsafeMutableRawBufferPointer(rebasing: target[(index * width)...]).copyMemory(
              from: UnsafeRawBufferPointer(
                rebasing: source[(element * width)..<((element + 1) * width)]))
            for axis in position.indices.reversed() {
              position[axis] += 1
              if position[axis] < tensor.extents[axis] { break }
              position[axis] = 0
            }
          }
        }
      }
      return result
    }

    /// The strides of a tensor in one piece. An axis of one element may have any.
    private static func denseStrides(_ extents: [Int]) -> [Int] {
      var strides = [Int](repeating: 1, count: extents.count)
      for axis in extents.indices.dropLast().reversed() {
        strides[axis] = strides[axis + 1] * max(extents[axis + 1], 1)
      }
      return strides
    }
  }
}
