internal import MRDLCore

/// Changes or tells the signs of numbers.
struct SignKernel: Kernel {
  enum Operation: Sendable {
    case negation
    case magnitude
    /// −1, 0 or 1.
    case sign
  }

  private let operation: Operation
  private let scalarType: ScalarType

  init(_ operation: Operation, _ request: KernelRequest) throws(MRDLError) {
    let type = request.inputType(0)
    guard Set.numbers.contains(type) else { throw request.unsupportedType(type) }
    self.operation = operation
    scalarType = type
  }

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    switch scalarType {
    case .float32: changeReals(arguments, Float.self)
    case .float64: changeReals(arguments, Double.self)
    case .int8: changeIntegers(arguments, Int8.self)
    case .int16: changeIntegers(arguments, Int16.self)
    case .int32: changeIntegers(arguments, Int32.self)
    case .int64: changeIntegers(arguments, Int64.self)
    case .uint8 where operation == .sign: changeIntegers(arguments, UInt8.self)
    case .uint16 where operation == .sign: changeIntegers(arguments, UInt16.self)
    case .uint32 where operation == .sign: changeIntegers(arguments, UInt32.self)
    case .uint64 where operation == .sign: changeIntegers(arguments, UInt64.self)
    default:
      // Numbers without sign are their own magnitudes.
      try ViewKernel().run(arguments)
    }
  }

  private func changeReals<Scalar: TensorElement & BinaryFloatingPoint>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    let input = arguments.input(0, as: type)
    let output = arguments.output(0, as: type)
    switch operation {
    case .negation: for index in output.indices { output[index] = -input[index] }
    case .magnitude: for index in output.indices { output[index] = input[index].magnitude }
    case .sign:
      for index in output.indices {
        let value = input[index]
        output[index] = value > 0 ? 1 : value < 0 ? -1 : value
      }
    }
  }

  private func changeIntegers<Scalar: TensorElement & FixedWidthInteger>(
    _ arguments: borrowing KernelArguments, _ type: Scalar.Type
  ) {
    let input = arguments.input(0, as: type)
    let output = arguments.output(0, as: type)
    switch operation {
    case .negation: for index in output.indices { output[index] = 0 &- input[index] }
    case .magnitude:
      for index in output.indices {
        let value = input[index]
        output[index] = value < 0 ? 0 &- value : value
      }
    case .sign: for index in output.indices { output[index] = input[index].signum() }
    }
  }
}
