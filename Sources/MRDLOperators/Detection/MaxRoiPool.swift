public import MRDLCore
internal import MRDLModel

/// ONNX MaxRoiPool: the largest elements of the cells of regions (Girshick, "Fast R-CNN", 2015, section 2.1).
///
/// Inputs: X [N, C, H, W], regions [R, 5] as picture, x₁, y₁, x₂, y₂. Output: [R, C, rows, columns] of
/// `pooled_shape`. Corners are rounded to whole elements and belong to the region; a cell without elements
/// gives 0.
public struct MaxRoiPool: Operator {
  public static let name = "MaxRoiPool"
  public static let inputCount = 2...2

  private let rows: Int
  private let columns: Int
  private let spatialScale: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    guard let shape = try attributes.integers("pooled_shape", in: 1...65_536) else {
      throw attributes.missing("pooled_shape")
    }
    guard shape.count == 2 else {
      throw attributes.wrongValue("pooled_shape", "\(shape)", "rows and columns")
    }
    (rows, columns) = (shape[0], shape[1])
    spatialScale = try attributes.float("spatial_scale", default: 1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .floats)
    let x = try operands.shape(0, rank: 4...4)
    let regions = try operands.shape(1, rank: 2...2)
    if let regions {
      _ = try operands.unify(regions[1], 5, "regions are not five numbers each")
    }
    return [
      ValueFacts(
        type, [regions?[0] ?? .unknown, x?[1] ?? .unknown, .fixed(rows), .fixed(columns)])
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return MaxRoiPoolKernel(
      input: request.inputShape(0), regionCount: request.inputShape(1)[0], rows: rows,
      columns: columns, spatialScale: spatialScale, type: type, place: request.place)
  }
}

private struct MaxRoiPoolKernel: Kernel {
  let input: Shape
  let regionCount: Int
  let rows: Int
  let columns: Int
  let spatialScale: Double
  let type: ScalarType
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), regions: arguments.inputBytes(1),
        output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: MaxRoiPoolKernel
    let input: UnsafeRawBufferPointer
    let regions: UnsafeRawBufferPointer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let numbers = regions.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let (channels, height, width) = (kernel.input[1], kernel.input[2], kernel.input[3])
      for region in 0..<kernel.regionCount {
        let picture = numbers[region * 5].real
        guard picture >= 0, picture < Double(kernel.input[0]) else {
          throw MRDLError(
            .operatorFailed, "a region lies in a picture that is not there", found: "\(picture)",
            expected: "0 to \(kernel.input[0] - 1)", at: kernel.place)
        }
        /// A corner in whole elements, far outside at most.
        func corner(_ index: Int) -> Int {
          let scaled = (numbers[region * 5 + index].real * kernel.spatialScale).rounded()
          return Int(min(max(scaled.isNaN ? 0 : scaled, -1e9), 1e9))
        }
        let (left, top) = (corner(1), corner(2))
        let cellWidth = Double(max(corner(3) - left + 1, 1)) / Double(kernel.columns)
        let cellHeight = Double(max(corner(4) - top + 1, 1)) / Double(kernel.rows)
        /// The elements of a cell along one axis.
        func range(_ cell: Int, _ size: Double, _ start: Int, _ extent: Int) -> Range<Int> {
          let first = Int((Double(cell) * size).rounded(.down)) + start
          let end = Int((Double(cell + 1) * size).rounded(.up)) + start
          let low = min(max(first, 0), extent)
          return low..<max(low, min(end, extent))
        }
        for channel in 0..<channels {
          let plane = (Int(picture) * channels + channel) * height * width
          for cell in 0..<(kernel.rows * kernel.columns) {
            let (i, j) = cell.quotientAndRemainder(dividingBy: kernel.columns)
            var largest: Number?
            for row in range(i, cellHeight, top, height) {
              for column in range(j, cellWidth, left, width) {
                let element = x[plane + row * width + column]
                if largest.map({ $0 < element }) ?? true { largest = element }
              }
            }
            y[(region * channels + channel) * kernel.rows * kernel.columns + cell] =
              largest ?? .zero
          }
        }
      }
    }
  }
}
