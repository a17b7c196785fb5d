internal import MRDLCore
internal import MRDLModel

/// Samples regions.
///
/// Where samples lie and what they count does not depend on the channel: both axes of a region are worked out
/// once. A mean of bilinear samples is a weighted sum over rows and then over columns, in which pixels that
/// several samples of a cell see are read once.
struct RoiAlignKernel: Kernel {
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

  /// The most pixels that the samples of an axis see, those of all cells for a mean, those of one for the
  /// largest. Cells do not overlap, and samples are at least half a pixel apart unless their number is given.
  private func tapCapacity(extent: Int, cells: Int) -> Int {
    if isAverage { return extent + 4 * cells + 4 }
    return 2 * (samplingRatio > 0 ? samplingRatio : 2 * extent + 8)
  }
  private var downCapacity: Int { tapCapacity(extent: input[2], cells: height) }
  private var acrossCapacity: Int { tapCapacity(extent: input[3], cells: width) }
  private var lineCount: Int { max(input[3], acrossCapacity) }

  var workspaceByteCount: Int {
    (downCapacity + acrossCapacity) * MemoryLayout<Tap>.stride
      + (height + width + 2) * MemoryLayout<Int>.stride + lineCount * MemoryLayout<Double>.stride
  }

  func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    let pictures = IndexBuffer(arguments.inputBytes(2), .int64)
    for region in 0..<regionCount {
      guard (0..<input[0]).contains(pictures[region]) else {
        throw MRDLError(
          .operatorFailed, "a region lies in a picture that is not there",
          found: "\(pictures[region])", expected: "0 to \(input[0] - 1)", at: place)
      }
    }
    guard let workspace = arguments.workspace.baseAddress else { return }
    let across = workspace + downCapacity * MemoryLayout<Tap>.stride
    let downStarts = across + acrossCapacity * MemoryLayout<Tap>.stride
    let acrossStarts = downStarts + (height + 1) * MemoryLayout<Int>.stride
    let line = acrossStarts + (width + 1) * MemoryLayout<Int>.stride
    try type.accept(
      Visitor(
        kernel: self, input: arguments.inputBytes(0), regions: arguments.inputBytes(1),
        pictures: pictures, output: arguments.outputBytes(0),
        down: Taps(workspace, starts: downStarts, capacity: downCapacity),
        across: Taps(across, starts: acrossStarts, capacity: acrossCapacity),
        line: line.bindMemory(to: Double.self, capacity: lineCount)))
  }

  private struct Visitor: NumberVisitor {
    let kernel: RoiAlignKernel
    let input: UnsafeRawBufferPointer
    let regions: UnsafeRawBufferPointer
    let pictures: IndexBuffer
    let output: UnsafeMutableRawBufferPointer
    let down: Taps
    let across: Taps
    /// A row of weighted sums over rows.
    let line: UnsafeMutablePointer<Double>

    func visit<Number: WrappingNumber>(_ type: Number.Type) throws(MRDLError) {
      guard let y = output.assumingMemoryBound(to: type).baseAddress,
        let x = input.assumingMemoryBound(to: type).baseAddress
      else {
        // There are no pixels: samples are outside, each of them 0.
        if !output.isEmpty { output.initializeMemory(as: UInt8.self, repeating: 0) }
        return
      }
      let corners = regions.assumingMemoryBound(to: type)
      let (channels, rows, columns) = (kernel.input[1], kernel.input[2], kernel.input[3])
      for region in 0..<kernel.regionCount {
        func corner(_ index: Int) -> Double {
          corners[region * 4 + index].real * kernel.spatialScale - kernel.shift
        }
        let vertical = SampledAxis(
          from: corner(1), to: corner(3), kernel, cells: kernel.height, extent: rows)
        let horizontal = SampledAxis(
          from: corner(0), to: corner(2), kernel, cells: kernel.width, extent: columns)
        let planes = x + pictures[region] * channels * rows * columns
        let cells = y + region * channels * kernel.height * kernel.width
        if kernel.isAverage {
          means(of: planes, vertical, horizontal, into: cells)
        } else {
          largest(of: planes, vertical, horizontal, into: cells)
        }
      }
    }

    private func means<Number: WrappingNumber>(
      of planes: UnsafePointer<Number>, _ vertical: SampledAxis, _ horizontal: SampledAxis,
      into cells: UnsafeMutablePointer<Number>
    ) {
      let (height, width, columns) = (kernel.height, kernel.width, kernel.input[3])
      down.fill(vertical, merging: true)
      across.fill(horizontal, merging: true)
      let count = Double(max(vertical.perCell * horizontal.perCell, 1))
      let tapCount = across.end(of: width - 1)
      var (first, last) = (columns, -1)
      for index in 0..<tapCount {
        first = min(first, across[index].pixel)
        last = max(last, across[index].pixel)
      }
      // Columns between samples that are far apart are left out.
      let isDense = last - first < 2 * tapCount
      let lineLength = isDense ? last - first + 1 : tapCount
      for channel in 0..<kernel.input[1] {
        let plane = planes + channel * kernel.input[2] * columns
        let result = cells + channel * height * width
        for i in 0..<height {
          line.update(repeating: 0, count: max(lineLength, 0))
          for index in down.start(of: i)..<down.end(of: i) {
            let (weight, row) = (down[index].weight, plane + down[index].pixel * columns)
            if isDense {
              let row = row + first
              for column in 0..<lineLength { line[column] += weight * row[column].real }
            } else {
              for tap in 0..<tapCount { line[tap] += weight * row[across[tap].pixel].real }
            }
          }
          for j in 0..<width {
            var sum = 0.0
            for index in across.start(of: j)..<across.end(of: j) {
              let tap = across[index]
              sum += tap.weight * line[isDense ? tap.pixel - first : index]
            }
            result[i * width + j] = Number(nearest: sum / count)
          }
        }
      }
    }

    private func largest<Number: WrappingNumber>(
      of planes: UnsafePointer<Number>, _ vertical: SampledAxis, _ horizontal: SampledAxis,
      into cells: UnsafeMutablePointer<Number>
    ) {
      let (height, width, columns) = (kernel.height, kernel.width, kernel.input[3])
      let count = vertical.perCell * horizontal.perCell
      for i in 0..<height {
        let (rowCount, rowsInside) = down.append(cell: i, of: vertical, merging: false, at: 0)
        for j in 0..<width {
          let (columnCount, columnsInside) = across.append(
            cell: j, of: horizontal, merging: false, at: 0)
          // A sample outside is 0; a cell without samples is 0 as well.
          let isWithin = count > 0 && rowsInside * columnsInside == count
          for channel in 0..<kernel.input[1] {
            let plane = planes + channel * kernel.input[2] * columns
            var largest = isWithin ? -Double.infinity : 0
            for v in 0..<rowCount {
              let (weight, row) = (down[v].weight, plane + down[v].pixel * columns)
              for h in 0..<columnCount {
                largest = max(largest, weight * across[h].weight * row[across[h].pixel].real)
              }
            }
            cells[(channel * height + i) * width + j] = Number(nearest: largest)
          }
        }
      }
    }
  }

  /// A pixel that samples see along one axis, and what it counts.
  private struct Tap {
    let pixel: Int
    var weight: Double
  }

  /// The taps of cells, one cell after the other.
  private struct Taps {
    private let taps: UnsafeMutablePointer<Tap>
    private let starts: UnsafeMutablePointer<Int>
    private let capacity: Int

    init(
      _ memory: UnsafeMutableRawPointer, starts: UnsafeMutableRawPointer, capacity: Int
    ) {
      taps = memory.assumingMemoryBound(to: Tap.self)
      self.starts = starts.assumingMemoryBound(to: Int.self)
      self.capacity = capacity
    }

    subscript(_ index: Int) -> Tap { taps[index] }
    func start(of cell: Int) -> Int { starts[cell] }
    func end(of cell: Int) -> Int { starts[cell + 1] }

    func fill(_ axis: SampledAxis, merging: Bool) {
      starts[0] = 0
      for cell in 0..<axis.cells {
        starts[cell + 1] = append(cell: cell, of: axis, merging: merging, at: starts[cell]).end
      }
    }

    /// Writes what the samples of a cell see, and counts those that lie inside.
    ///
    /// - Parameter merging: whether a pixel that several samples see gets the sum of its weights.
    func append(
      cell: Int, of axis: SampledAxis, merging: Bool, at start: Int
    ) -> (end: Int, inside: Int) {
      var end = start
      var inside = 0
      func add(_ pixel: Int, _ weight: Double) {
        if merging {
          // Samples are in order, so that a pixel comes again before three others do.
          for index in (max(start, end - 3)..<end).reversed() where taps[index].pixel == pixel {
            taps[index].weight += weight
            return
          }
        }
        precondition(end < capacity, "more pixels in a cell of a region than there can be")
        (taps + end).initialize(to: Tap(pixel: pixel, weight: weight))
        end += 1
      }
      for index in 0..<axis.perCell {
        let place = axis.place(index, in: cell)
        guard place >= -1, place <= Double(axis.extent), axis.extent > 0 else { continue }
        inside += 1
        let position = max(place, 0)
        let low = min(Int(position), axis.extent - 1)
        let part = low == axis.extent - 1 ? 0 : position - Double(low)
        add(low, 1 - part)
        add(min(low + 1, axis.extent - 1), part)
      }
      return (end, inside)
    }
  }

  /// The samples of a region along one axis.
  private struct SampledAxis {
    private let start: Double
    private let cellExtent: Double
    let cells: Int
    /// Pixels of the picture.
    let extent: Int
    /// Samples in one cell.
    let perCell: Int

    init(from start: Double, to end: Double, _ kernel: RoiAlignKernel, cells: Int, extent: Int) {
      let span = kernel.shift == 0 ? max(end - start, 1) : end - start
      self.start = start
      self.cells = cells
      self.extent = extent
      cellExtent = span / Double(cells)
      perCell =
        kernel.samplingRatio > 0
        ? kernel.samplingRatio : Int(max(0, min(cellExtent.rounded(.up), 65_536)))
    }

    func place(_ index: Int, in cell: Int) -> Double {
      start + (Double(cell) + (Double(index) + 0.5) / Double(perCell)) * cellExtent
    }
  }
}
