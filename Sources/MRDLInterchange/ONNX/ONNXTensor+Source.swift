internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

extension ONNXTensor {
  /// The tensor as a model holds it; its numbers are read when they are asked for.
  ///
  /// Little-endian bytes that lie aligned in the file are used in place, others are copied once.
  ///
  /// - Throws: `MRDL6004` where shape and bytes contradict each other, `MRDL6005` for strings and
  ///   complex numbers, or an error of opening a file of external data.
  func modelTensor(
    named name: String, externalFiles: inout ONNXExternalFiles, file: String
  ) throws(MRDLError) -> ModelTensor {
    let place = Place(file: file, path: name)
    guard let scalarType = ScalarType(onnxCode: dataType) else {
      throw MRDLError(
        .unsupportedONNX, "a tensor is of a type that is not computed with",
        found: Self.typeName(dataType), expected: "numbers or booleans", at: place)
    }
    guard !isSegment else {
      throw MRDLError(.unsupportedONNX, "a tensor is cut into segments", at: place)
    }
    guard
      let shape = Shape(checking: dimensions.map { Int(exactly: $0) ?? -1 }),
      let byteCount = scalarType.byteCount(elementCount: shape.elementCount)
    else {
      throw MRDLError(
        .badONNX, "the extents of a tensor are not a shape", found: "\(dimensions)", at: place)
    }
    let info = TensorInfo(name, scalarType, shape)
    let parts: [ByteReader]
    if isExternal {
      parts = [try externalFiles.bytes(of: externalData, byteCount: byteCount, place: place)]
    } else if let raw {
      parts = [raw]
    } else if !integers.isEmpty {
      return try packedIntegers(info, byteCount: byteCount, place: place)
    } else {
      parts = reals
    }
    let found = parts.reduce(0) { $0 + $1.remainingByteCount }
    guard found == byteCount else {
      throw MRDLError(
        .badONNX, "a tensor has not as many bytes as its shape needs", found: "\(found)",
        expected: "\(byteCount) for \(scalarType.rawValue) \(shape)", at: place)
    }
    return ModelTensor(
      info,
      source: VerifiedTensorSource(digest: nil, keeps: false, place: place) {
        () throws(MRDLError) in
        try Self.tensor(info, parts)
      })
  }

  private static func tensor(
    _ info: TensorInfo, _ parts: [ByteReader]
  ) throws(MRDLError) -> Tensor {
    if parts.count == 1, let part = parts.first {
      let tensor = try Tensor(
        info.scalarType, shape: info.shape, storage: part.storage, byteOffset: part.byteOffset)
      if tensor.isAligned(toByteCount: info.scalarType.elementByteCount ?? 1) { return tensor }
    }
    var tensor = Tensor(zeros: info.shape, scalarType: info.scalarType)
    tensor.withUnsafeMutableBytes { target in
      var start = 0
      for part in parts {
        part.copyOut(to: UnsafeMutableRawBufferPointer(rebasing: target[start...]))
        start += part.remainingByteCount
      }
    }
    return tensor
  }

  /// Integers of variable length: one for each element, or for each byte of types below eight bits.
  /// Types of 16 bits and fewer, floating-point ones too, stand there as bit patterns.
  private func packedIntegers(
    _ info: TensorInfo, byteCount: Int, place: Place
  ) throws(MRDLError) -> ModelTensor {
    let width = info.scalarType.elementByteCount ?? 1
    let count = byteCount / width
    let parts = integers
    let available = parts.reduce(0) { $0 + $1.remainingByteCount }
    guard count <= available, info.scalarType != .float32, info.scalarType != .float64 else {
      throw MRDLError(
        .badONNX, "the numbers of a tensor do not fit its type and shape",
        found: "\(available) bytes of integers",
        expected: "\(info.scalarType.rawValue) \(info.shape)", at: place)
    }
    return ModelTensor(
      info,
      source: VerifiedTensorSource(digest: nil, place: place) { () throws(MRDLError) in
        var tensor = Tensor(zeros: info.shape, scalarType: info.scalarType)
        let found = try tensor.withUnsafeMutableBytes { (target) throws(MRDLError) in
          var index = 0
          for var part in parts {
            while !part.isAtEnd {
              let value = try part.readVariableLengthInteger().littleEndian
              if index < count {
                withUnsafeBytes(of: value) { bytes in
                  UnsafeMutableRawBufferPointer(rebasing: target[(index * width)...])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(width)))
                }
              }
              index += 1
            }
          }
          return index
        }
        guard found == count else {
          throw MRDLError(
            .badONNX, "a tensor has not as many numbers as its shape needs", found: "\(found)",
            expected: "\(count)", at: place)
        }
        return tensor
      })
  }

  /// What a data type of ONNX that is no type of numbers here is called.
  static func typeName(_ code: Int) -> String {
    switch code {
    case 0: "no type"
    case 8: "strings"
    case 14, 15: "complex numbers"
    default: "type \(code)"
    }
  }
}

/// The files beside a model that hold the bytes of large tensors, each opened once.
struct ONNXExternalFiles {
  /// The directory of the model; locations count from there and may not leave it.
  let directory: String
  let memory: OpeningOptions.Memory
  private var files: [String: Storage] = [:]

  init(directory: String, memory: OpeningOptions.Memory) {
    self.directory = directory
    self.memory = memory
  }

  /// The bytes that `external_data` names.
  ///
  /// - Throws: `MRDL6004` for a location outside the directory and for a range outside the file.
  mutating func bytes(
    of entries: [String: String], byteCount: Int, place: Place
  ) throws(MRDLError) -> ByteReader {
    let location = entries["location"] ?? ""
    let components = location.split(separator: "/", omittingEmptySubsequences: false)
    guard !location.isEmpty, !location.contains("\0"), !location.contains("\\"),
      components.allSatisfy({ !$0.isEmpty && $0 != ".." })
    else {
      throw MRDLError(
        .badONNX, "external data lies outside the directory of the model",
        found: "\"\(location)\"", expected: "a path below the directory of the model", at: place)
    }
    let offset = try Self.number(entries["offset"], default: 0, "offset", place)
    let length = try Self.number(entries["length"], default: byteCount, "length", place)
    let path = directory.isEmpty ? location : directory + "/" + location
    let storage: Storage
    if let opened = files[path] {
      storage = opened
    } else {
      storage = memory == .mapped ? try FileContent.map(path) : try FileContent.read(path)
      files[path] = storage
    }
    do throws(MRDLError) {
      return try ByteReader(storage, truncationCode: .badONNX)
        .slice(byteOffset: offset, byteCount: length)
    } catch {
      var error = error
      error.finding.place.path = place.path
      throw error.inFile(path)
    }
  }

  private static func number(
    _ text: String?, default value: Int, _ key: String, _ place: Place
  ) throws(MRDLError) -> Int {
    guard let text else { return value }
    guard let number = Int(text), number >= 0 else {
      throw MRDLError(
        .badONNX, "the \(key) of external data is not a number", found: "\"\(text)\"", at: place)
    }
    return number
  }
}
