import MRDLCore
import Testing

/// Expects an error with a code and a part of its text.
func expectError<Value>(
  _ code: FindingCode, _ part: String = "", sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Value
) {
  do {
    let value = try body()
    Issue.record("no error, but \(value)", sourceLocation: sourceLocation)
  } catch let error as MRDLError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    #expect(
      part.isEmpty || error.description.contains(part), "\(error)",
      sourceLocation: sourceLocation)
  } catch {
    Issue.record("an error of another kind: \(error)", sourceLocation: sourceLocation)
  }
}

/// The elements of a tensor of any integer type.
func integers(_ tensor: Tensor) -> [Int] {
  switch tensor.scalarType {
  case .int8: tensor.elements(as: Int8.self).map { Int($0) }
  case .int16: tensor.elements(as: Int16.self).map { Int($0) }
  case .int32: tensor.elements(as: Int32.self).map { Int($0) }
  case .int64: tensor.elements(as: Int64.self).map { Int($0) }
  case .uint8: tensor.elements(as: UInt8.self).map { Int($0) }
  case .uint16: tensor.elements(as: UInt16.self).map { Int($0) }
  case .uint32: tensor.elements(as: UInt32.self).map { Int($0) }
  case .uint64: tensor.elements(as: UInt64.self).map { Int($0) }
  default: []
  }
}
