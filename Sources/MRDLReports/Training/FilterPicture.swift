package import MRDLCore
internal import MRDLImages
package import MRDLModel
internal import MRDLRuntime

/// The weights of the layer that sees the input, as small pictures.
///
/// Weights of colour pictures are shown as colours around a middle grey; others are blue below nought, orange
/// above it and white at it, the channels of a filter beside and below each other. The largest magnitude of a filter
/// has the full colour.
package struct FilterPicture: Sendable {
  /// One filter: planes of rows and columns.
  private struct Filter {
    var values: [Double]
    var planes: Int
    var height: Int
    var width: Int
  }

  /// How many filters are shown.
  private static let capacity = 64
  /// How many channels of a filter are shown, where they are not colours.
  private static let planeCapacity = 16
  private static let columnCount = 8

  private let layer: String
  private let filters: [Filter]
  private let filterCount: Int
  private let channelCount: Int

  /// The filters of the first convolution, or of the first dense layer where it sees pictures; nil where there is
  /// neither.
  ///
  /// - Throws: an error of reading the weights.
  package init?(_ model: Model) throws(MRDLError) {
    for node in model.graph.nodes {
      guard node.domain.isEmpty, node.inputs.count > 1, let tensor = model.tensors[node.inputs[1]]
      else { continue }
      let found: (filters: [Filter], channelCount: Int)
      switch node.operatorName {
      case "Conv": found = try Self.convolution(tensor.load())
      case "Gemm", "MatMul": found = try Self.dense(tensor.load(), node, model)
      default: continue
      }
      guard !found.filters.isEmpty else { return nil }
      layer = node.name.isEmpty ? node.operatorName : node.name
      filterCount = found.filters.count
      channelCount = found.channelCount
      filters = Array(found.filters.prefix(Self.capacity))
      return
    }
    return nil
  }

  // MARK: Weights

  /// Filters × channels × window. A window of one axis is a row for each channel.
  private static func convolution(
    _ weights: Tensor
  ) throws(MRDLError) -> (filters: [Filter], channelCount: Int) {
    let extents = weights.shape.dimensions
    guard extents.count == 3 || extents.count == 4, weights.shape.elementCount > 0 else {
      return ([], 0)
    }
    let isRow = extents.count == 3
    let height = isRow ? extents[1] : extents[2]
    let width = extents[extents.count - 1]
    guard height * width > 1 else { return ([], 0) }
    return cut(
      try Answer.numbers(in: weights), count: extents[0], stored: isRow ? 1 : extents[1],
      height: height, width: width)
  }

  /// A filter for each output of a layer whose inputs are the pixels of pictures.
  private static func dense(
    _ weights: Tensor, _ node: Node, _ model: Model
  ) throws(MRDLError) -> (filters: [Filter], channelCount: Int) {
    guard weights.shape.rank == 2, let input = model.graph.inputs.first,
      let shape = input.shape, shape.rank == 4, let channels = shape[1].value,
      let height = shape[2].value, let width = shape[3].value,
      case .image(let preprocessing)? = model.preprocessing[input.name],
      preprocessing.layout == .nchw
    else { return ([], 0) }
    let isTransposed = node.attributes["transB"] == .integer(1)
    let (outputs, inputs) =
      isTransposed
      ? (weights.shape[0], weights.shape[1]) : (weights.shape[1], weights.shape[0])
    guard inputs == channels * height * width, inputs > 0 else { return ([], 0) }
    let numbers = try Answer.numbers(in: weights)
    let rows =
      isTransposed
      ? numbers
      : (0..<outputs).flatMap { output in (0..<inputs).map { numbers[$0 * outputs + output] } }
    return cut(rows, count: outputs, stored: channels, height: height, width: width)
  }

  private static func cut(
    _ numbers: [Double], count: Int, stored: Int, height: Int, width: Int
  ) -> (filters: [Filter], channelCount: Int) {
    let planes = min(stored, planeCapacity)
    let area = height * width
    let filters = (0..<count).map { index in
      let start = index * stored * area
      return Filter(
        values: Array(numbers[start..<start + planes * area]), planes: planes, height: height,
        width: width)
    }
    return (filters, stored)
  }

  // MARK: Drawing

  package var drawing: Drawing {
    let columns = min(Self.columnCount, max(filters.count, 1))
    let rows = (filters.count + columns - 1) / columns
    let (left, top) = (16.0, 36.0)
    let cell = min(72, (480 - 2 * left) / Double(columns))
    let side = cell - 6
    var drawing = Drawing(
      "Filters of \(layer)", summary: summary, width: 480,
      height: top + Double(rows) * cell + 10)
    drawing.addTitle()
    let start = (480 - cell * Double(columns)) / 2
    for (index, filter) in filters.enumerated() {
      let x = start + Double(index % columns) * cell
      let y = top + Double(index / columns) * cell
      let image = Self.image(filter)
      let scale = side / Double(max(image.width, image.height))
      let (width, height) = (Double(image.width) * scale, Double(image.height) * scale)
      let box = Drawing.Rectangle(
        x + (cell - width) / 2, y + (cell - height) / 2, width: width, height: height)
      drawing.add(
        .rectangle(
          Drawing.Rectangle(box.x - 1, box.y - 1, width: width + 2, height: height + 2), .axis,
          opacity: 1))
      drawing.add(.image(image, box))
    }
    return drawing
  }

  private var summary: String {
    let filter = filters[0]
    let shown =
      filters.count < filterCount
      ? "The first \(filters.count) of \(filterCount)" : "\(filterCount)"
    let size = "\(filter.height) by \(filter.width)"
    if filter.planes == 3 {
      return "\(shown) filters of \(size) pixels in colour, grey for nought."
    }
    var channels = ""
    if channelCount > 1 {
      channels =
        filter.planes < channelCount
        ? ", the first \(filter.planes) of \(channelCount) channels beside each other"
        : ", \(channelCount) channels beside each other"
    }
    return "\(shown) filters of \(size) weights\(channels): "
      + "blue below nought, orange above it, white for nought."
  }

  /// Colours, or the windows of all planes in rows, a line of grey between them.
  private static func image(_ filter: Filter) -> Image {
    let area = filter.height * filter.width
    let largest = filter.values.map { $0.magnitude }.max() ?? 0
    let values = filter.values.map { largest > 0 && $0.isFinite ? $0 / largest : 0 }
    func byte(_ value: Double) -> UInt8 { UInt8(min(max(value.rounded(), 0), 255)) }
    if filter.planes == 3 {
      let bytes = (0..<area).flatMap { place in
        (0..<3).map { byte(127.5 + 127.5 * values[$0 * area + place]) }
      }
      return Image(
        samples: Tensor(bytes, shape: Shape([filter.height, filter.width, 3])), colorSpace: .rgb)
    }
    var columns = 1
    while columns * columns < filter.planes { columns += 1 }
    let rows = (filter.planes + columns - 1) / columns
    let width = columns * (filter.width + 1) - 1
    let height = rows * (filter.height + 1) - 1
    var bytes = [UInt8](repeating: 160, count: height * width * 3)
    for (index, value) in values.enumerated() {
      let (plane, place) = index.quotientAndRemainder(dividingBy: area)
      let row = plane / columns * (filter.height + 1) + place / filter.width
      let column = plane % columns * (filter.width + 1) + place % filter.width
      let full = Paint.palette(value < 0 ? 0 : 1).rgb
      for channel in 0..<3 {
        let color = Double(full >> (16 - 8 * channel) & 0xff)
        bytes[(row * width + column) * 3 + channel] = byte(
          255 + min(value.magnitude, 1) * (color - 255))
      }
    }
    return Image(samples: Tensor(bytes, shape: Shape([height, width, 3])), colorSpace: .rgb)
  }
}
