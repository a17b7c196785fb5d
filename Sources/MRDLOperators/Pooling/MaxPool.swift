public import MRDLCore
internal import MRDLModel
package import MRDLNumerics

/// ONNX MaxPool: the largest number that each window sees; padding never counts.
///
/// The second output are the positions of the numbers in the whole input, row-major, or column-major
/// among the spatial axes where `storage_order` is 1.
public struct MaxPool: PoolingOperator {
  public static let name = "MaxPool"
  public static let outputCount = 1...2

  package let window: WindowAttributes
  private let isColumnMajor: Bool

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    window = try WindowAttributes(&attributes, hasCeilMode: true)
    isColumnMajor = try attributes.flag("storage_order")
  }

  package var kind: Pooling.Kind { .maximum }

  package var scalarTypes: Set<ScalarType> { Set.floats.union([.int8, .uint8]) }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    let hasPositions = request.outputs.count > 1 && request.outputs[1] != nil
    if Set.realNumbers.contains(type), !hasPositions { return makePoolingKernel(request) }
    guard type.hasNumbers else { throw request.unsupportedType(type) }
    let shape = request.inputShape(0)
    return PositionedMaxPoolKernel(
      window: window.window(
        input: Array(shape.dimensions[2...]), kernel: window.kernelShape ?? []),
      planeCount: shape[0] * shape[1], isColumnMajor: isColumnMajor, type: type)
  }
}

/// Finds the largest numbers and where they stand, in any type.
private struct PositionedMaxPoolKernel: Kernel {
  let window: Window
  let planeCount: Int
  let isColumnMajor: Bool
  let type: ScalarType

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0),
        output: arguments.hasOutput(0) ? arguments.outputBytes(0) : nil,
        positions: arguments.hasOutput(1) ? arguments.output(1, as: Int64.self) : nil))
  }

  private struct Visitor: NumberVisitor {
    let kernel: PositionedMaxPoolKernel
    let input: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer?
    let positions: UnsafeMutableBufferPointer<Int64>?

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let y = output?.assumingMemoryBound(to: type)
      let axes = kernel.window.axes
      let (depth, height, width) = (axes[0], axes[1], axes[2])
      let volume = kernel.window.inputVolume
      var element = 0
      for plane in 0..<kernel.planeCount {
        for i in 0..<depth.output {
          for j in 0..<height.output {
            for k in 0..<width.output {
              var best = -1
              var place = 0
              for a in 0..<depth.kernel {
                let d = i * depth.stride + a * depth.dilation - depth.begin
                guard d >= 0, d < depth.input else { continue }
                for b in 0..<height.kernel {
                  let h = j * height.stride + b * height.dilation - height.begin
                  guard h >= 0, h < height.input else { continue }
                  for c in 0..<width.kernel {
                    let w = k * width.stride + c * width.dilation - width.begin
                    guard w >= 0, w < width.input else { continue }
                    let index = plane * volume + (d * height.input + h) * width.input + w
                    if best < 0 || x[index] > x[best] || x[index].isNotANumber {
                      best = index
                      place =
                        kernel.isColumnMajor
                        ? plane * volume + (w * height.input + h) * depth.input + d : index
                    }
                  }
                }
              }
              if best >= 0 {
                y?[element] = x[best]
              } else {
                y?[element] = Number(nearest: -.infinity)
              }
              positions?[element] = Int64(place)
              element += 1
            }
          }
        }
      }
    }
  }
}
