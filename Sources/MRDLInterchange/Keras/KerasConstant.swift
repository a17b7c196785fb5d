internal import MRDLCore

/// Numbers in a configuration: one, nested lists, or an array with its type.
struct KerasConstant {
  let extents: [Int]
  let numbers: [Double]
  /// The type that the configuration states.
  let typeName: String?

  /// nil for what is not made of numbers, or lists of different lengths.
  init?(_ object: KerasObject) {
    var object = object
    var typeName: String?
    if ["__tensor__", "__numpy__"].contains(object["class_name"]?.text ?? "") {
      typeName = object["config"]?["dtype"]?.text
      guard let value = object["config"]?["value"] else { return nil }
      object = value
    }
    var extents: [Int] = []
    var level = object
    while let elements = level.elements {
      extents.append(elements.count)
      guard let first = elements.first else { break }
      level = first
    }
    var numbers: [Double] = []
    guard Self.collect(object, extents[...], &numbers) else { return nil }
    self.extents = extents
    self.numbers = numbers
    self.typeName = typeName
  }

  private static func collect(
    _ object: KerasObject, _ extents: ArraySlice<Int>, _ numbers: inout [Double]
  ) -> Bool {
    guard let extent = extents.first else {
      switch object.value {
      case .bool(let flag): numbers.append(flag ? 1 : 0)
      case .integer(let value): numbers.append(Double(value))
      case .number(let value): numbers.append(value)
      default: return false
      }
      return true
    }
    guard let elements = object.elements, elements.count == extent else { return false }
    return elements.allSatisfy { collect($0, extents.dropFirst(), &numbers) }
  }

  /// As real numbers.
  var tensor: Tensor { Tensor(numbers.map { Float($0) }, shape: Shape(extents)) }

  /// As whole numbers.
  var indices: Tensor { Tensor(numbers.map { Int64($0) }, shape: Shape(extents)) }

  /// As truth values.
  var flags: Tensor { Tensor(numbers.map { $0 != 0 }, shape: Shape(extents)) }
}
