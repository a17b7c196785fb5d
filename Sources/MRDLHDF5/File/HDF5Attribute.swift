import MRDLCore

/// A small named value of an object (specification IV.A.2.m).
package struct HDF5Attribute: Sendable {
  package let name: String
  /// The path of the object that has it and its name, for errors.
  package let path: String

  private let file: HDF5File
  /// The value, or why it cannot be read.
  private let content: Result<HDF5Values, MRDLError>

  init(_ file: HDF5File, _ named: HDF5NamedValues, objectPath: String) {
    self.file = file
    name = named.name
    path = "\(objectPath)@\(named.name)"
    content = named.content
  }

  private var values: HDF5Values {
    get throws(MRDLError) {
      do { return try content.get() } catch { throw error.atHDF5Path(path) }
    }
  }

  /// The type of the elements.
  package var datatype: HDF5Datatype { get throws(MRDLError) { try values.datatype } }

  /// The extents.
  package var dataspace: HDF5Dataspace { get throws(MRDLError) { try values.dataspace } }

  /// All elements as texts.
  package func strings() throws(MRDLError) -> [String] {
    let values = try values
    do { return try values.strings(file) } catch { throw error.atHDF5Path(path) }
  }

  /// The value as one text.
  package func string() throws(MRDLError) -> String {
    let strings = try strings()
    guard let string = strings.first, strings.count == 1 else { throw wrongCount(strings.count) }
    return string
  }

  /// The value as a tensor; scalars have rank 0.
  package func tensor() throws(MRDLError) -> Tensor {
    let values = try values
    do { return try values.tensor() } catch { throw error.atHDF5Path(path) }
  }

  /// All elements of an integer type as integers.
  package func integers() throws(MRDLError) -> [Int] {
    let tensor = try tensor()
    guard let integers = tensor.integers else { throw wrongType(tensor, expected: "integers") }
    return integers
  }

  /// The value as one integer.
  package func integer() throws(MRDLError) -> Int {
    let integers = try integers()
    guard let integer = integers.first, integers.count == 1 else {
      throw wrongCount(integers.count)
    }
    return integer
  }

  /// All elements as real numbers; integers that no `Double` holds exactly are rounded.
  package func doubles() throws(MRDLError) -> [Double] {
    let tensor = try tensor()
    switch tensor.scalarType {
    case .float64: return tensor.elements(as: Double.self)
    case .float32: return tensor.elements(as: Float.self).map { Double($0) }
    case .float16: return tensor.elements(as: Half.self).map { Double($0.float) }
    case .bfloat16: return tensor.elements(as: BFloat16.self).map { Double($0.float) }
    case .uint64: return tensor.elements(as: UInt64.self).map { Double($0) }
    default:
      guard let integers = tensor.integers else { throw wrongType(tensor, expected: "numbers") }
      return integers.map { Double($0) }
    }
  }

  private func wrongCount(_ count: Int) -> MRDLError {
    MRDLError(
      .badHDF5, "an attribute has the wrong number of elements", found: "\(count)",
      expected: "1", at: Place(path))
  }

  private func wrongType(_ tensor: Tensor, expected: String) -> MRDLError {
    MRDLError(
      .badHDF5, "an attribute has the wrong type", found: tensor.scalarType.rawValue,
      expected: expected, at: Place(path))
  }
}

extension Tensor {
  /// The elements of an integer type, or nil for another type or a value that `Int` cannot hold.
  fileprivate var integers: [Int]? {
    switch scalarType {
    case .int8: return elements(as: Int8.self).map { Int($0) }
    case .int16: return elements(as: Int16.self).map { Int($0) }
    case .int32: return elements(as: Int32.self).map { Int($0) }
    case .int64: return elements(as: Int64.self).map { Int($0) }
    case .uint8: return elements(as: UInt8.self).map { Int($0) }
    case .uint16: return elements(as: UInt16.self).map { Int($0) }
    case .uint32: return elements(as: UInt32.self).map { Int($0) }
    case .uint64:
      let exact = elements(as: UInt64.self).compactMap { Int(exactly: $0) }
      return exact.count == elementCount ? exact : nil
    case .bool: return elements(as: Bool.self).map { $0 ? 1 : 0 }
    default: return nil
    }
  }
}

extension MRDLError {
  /// The same error, placed at the path of an HDF5 object unless it names one already.
  func atHDF5Path(_ path: String) -> MRDLError {
    var copy = self
    if copy.finding.place.path == nil { copy.finding.place.path = path }
    return copy
  }
}
