public import MRDLCore
internal import MRDLModel

/// ONNX RoiAlign: regions of feature maps resampled to a common size (ROI align).
///
/// Inputs: X [N, C, H, W], regions [R, 4] as x₁, y₁, x₂, y₂, and the picture of each. Output:
/// [R, C, output_height, output_width]: the mean (`mode` "avg") or largest ("max") of bilinear samples of
/// each cell, `sampling_ratio` along each axis, or as many as the cell has pixels.
public struct RoiAlign: Operator {
  public static let name = "RoiAlign"
  public static let inputCount = 3...3

  private enum Mode: String, CaseIterable {
    case average = "avg"
    case maximum = "max"
  }

  private enum Coordinates: String, CaseIterable {
    case halfPixel = "half_pixel"
    case outputHalfPixel = "output_half_pixel"
  }

  private let mode: Mode
  private let coordinates: Coordinates
  private let height: Int
  private let width: Int
  private let samplingRatio: Int
  private let spatialScale: Double

  public init(attributes: inout AttributeReader) throws(MRDLError) {
    mode = try attributes.choice("mode", default: .average)
    coordinates = try attributes.choice(
      "coordinate_transformation_mode", default: .halfPixel)
    height = try attributes.integer("output_height", default: 1, in: 1...65_536)
    width = try attributes.integer("output_width", default: 1, in: 1...65_536)
    samplingRatio = try attributes.integer("sampling_ratio", default: 0, in: 0...65_536)
    spatialScale = try attributes.float("spatial_scale", default: 1)
  }

  public func infer(_ operands: Operands) throws(MRDLError) -> [ValueFacts] {
    let type = try operands.sameType(0...1, among: .floats)
    _ = try operands.required(2, of: [.int64])
    let x = try operands.shape(0, rank: 4...4)
    let regions = try operands.shape(1, rank: 2...2)
    if let regions {
      _ = try operands.unify(regions[1], 4, "regions are not four numbers each")
      try operands.checkVector(
        2, extent: regions[0], "there are not as many pictures as regions")
    }
    return [
      ValueFacts(
        type, [regions?[0] ?? .unknown, x?[1] ?? .unknown, .fixed(height), .fixed(width)])
    ]
  }

  public func makeKernel(_ request: KernelRequest) throws(MRDLError) -> any Kernel {
    let type = request.inputType(0)
    guard Set.realNumbers.contains(type) else { throw request.unsupportedType(type) }
    return RoiAlignKernel(
      input: request.inputShape(0), regionCount: request.inputShape(1)[0], height: height,
      width: width, samplingRatio: samplingRatio, spatialScale: spatialScale,
      shift: coordinates == .halfPixel ? 0.5 : 0, isAverage: mode == .average, type: type,
      place: request.place)
  }
}

private struct RoiAlignKernel: Kernel {
  let input: Shape
  let regionCount: Int
  let height: Int
  let width: Int
  let samplingRatio: Int
  let spatialScale: Double
  /// What is taken off coordinates so that pixels have their centres at halves.
  let shift: Double
  let isAverage: Bool
  let type: ScalarType
  let place: Place

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let pictures = IndexBuffer(arguments.inputBytes(2), .int64)
    for region in 0..<regionCount {
      guard (0..<input[0]).contains(pictures[region]) else {
        throw MRDLError(
          .operatorFailed, "a region lies in a picture that is not there",
          found: "\(pictures[region])", expected: "0 to \(input[0] - 1)", at: place)
      }
    }
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), regions: arguments.inputBytes(1),
        pictures: pictures, output: arguments.outputBytes(0)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: RoiAlignKernel
    let input: UnsafeRawBufferPointer
    let regions: UnsafeRawBufferPointer
    let pictures: IndexBuffer
    let output: UnsafeMutableRawBufferPointer

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      let x = input.assumingMemoryBound(to: type)
      let corners = regions.assumingMemoryBound(to: type)
      let y = output.assumingMemoryBound(to: type)
      let (channels, rows, columns) = (kernel.input[1], kernel.input[2], kernel.input[3])
      for region in 0..<kernel.regionCount {
        func corner(_ index: Int) -> Double {
          corners[region * 4 + index].real * kernel.spatialScale - kernel.shift
        }
        let (left, top) = (corner(0), corner(1))
        var (spanX, spanY) = (corner(2) - left, corner(3) - top)
        if kernel.shift == 0 { (spanX, spanY) = (max(spanX, 1), max(spanY, 1)) }
        let (cellX, cellY) = (spanX / Double(kernel.width), spanY / Double(kernel.height))
        func sampleCount(_ cell: Double) -> Int {
          if kernel.samplingRatio > 0 { return kernel.samplingRatio }
          return Int(max(0, min(cell.rounded(.up), 65_536)))
        }
        let (countX, countY) = (sampleCount(cellX), sampleCount(cellY))
        for channel in 0..<channels {
          let plane = (pictures[region] * channels + channel) * rows * columns
          for cell in 0..<(kernel.height * kernel.width) {
            let (i, j) = cell.quotientAndRemainder(dividingBy: kernel.width)
            var sum = 0.0
            var largest = -Double.infinity
            for sampleY in 0..<countY {
              let py = top + (Double(i) + (Double(sampleY) + 0.5) / Double(countY)) * cellY
              for sampleX in 0..<countX {
                let px = left + (Double(j) + (Double(sampleX) + 0.5) / Double(countX)) * cellX
                guard let sample = Sample(px, py, columns, rows) else {
                  largest = max(largest, 0)
                  continue
                }
                let (places, weights) = (sample.places, sample.weights)
                let a = weights.0 * x[plane + places.0].real
                let b = weights.1 * x[plane + places.1].real
                let c = weights.2 * x[plane + places.2].real
                let d = weights.3 * x[plane + places.3].real
                sum += a + b + c + d
                largest = max(largest, max(max(a, b), max(c, d)))
              }
            }
            let count = countX * countY
            let result = kernel.isAverage ? sum / Double(max(count, 1)) : count == 0 ? 0 : largest
            y[(region * channels + channel) * kernel.height * kernel.width + cell] = Number(
              nearest: result)
          }
        }
      }
    }
  }

  /// The four pixels around a point, and what each counts.
  private struct Sample {
    let places: (Int, Int, Int, Int)
    let weights: (Double, Double, Double, Double)

    /// nil where the point lies outside the picture.
    init?(_ x: Double, _ y: Double, _ width: Int, _ height: Int) {
      guard x >= -1, y >= -1, x <= Double(width), y <= Double(height), width > 0, height > 0
      else { return nil }
      func neighbours(_ value: Double, _ extent: Int) -> (Int, Int, Double) {
        let value = max(value, 0)
        let low = Int(value)
        if low >= extent - 1 { return (extent - 1, extent - 1, 0) }
        return (low, low + 1, value - Double(low))
      }
      let (x0, x1, fx) = neighbours(x, width)
      let (y0, y1, fy) = neighbours(y, height)
      places = (y0 * width + x0, y0 * width + x1, y1 * width + x0, y1 * width + x1)
      weights = ((1 - fy) * (1 - fx), (1 - fy) * fx, fy * (1 - fx), fy * fx)
    }
  }
}
