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
      cells: cells(of: request.inputShape(0), at: request.place),
      regionCount: request.inputShape(1)[0], type: type)
  }

  /// How regions of feature maps [N, C, H, W] are cut.
  package func cells(of input: Shape, at place: Place) -> RegionCells {
    RegionCells(
      input: input, rows: rows, columns: columns, spatialScale: spatialScale, place: place)
  }
}

private struct MaxRoiPoolKernel: Kernel {
  let cells: RegionCells
  let regionCount: Int
  let type: ScalarType

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
      let cells = kernel.cells
      let (channels, area) = (cells.input[1], cells.input[2] * cells.input[3])
      let count = cells.rows * cells.columns
      for index in 0..<kernel.regionCount {
        let region = try cells.region { numbers[index * 5 + $0].real }
        for channel in 0..<channels {
          let plane = (region.picture * channels + channel) * area
          for cell in 0..<count {
            let largest = cells.largest(in: cell, of: region, plane: plane) { x[$0] < x[$1] }
            y[(index * channels + channel) * count + cell] = largest.map { x[$0] } ?? .zero
          }
        }
      }
    }
  }
}
