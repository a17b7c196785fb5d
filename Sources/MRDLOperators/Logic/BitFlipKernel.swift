internal import MRDLCore

/// Turns over some bits of every byte.
struct BitFlipKernel: Kernel {
  let mask: UInt8

  var inPlacePairs: [(input: Int, output: Int)] { [(0, 0)] }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let input = arguments.inputBytes(0)
    let output = arguments.outputBytes(0)
    for index in output.indices { output[index] = input[index] ^ mask }
  }
}
