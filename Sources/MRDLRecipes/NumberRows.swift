/// Rows of as many numbers each, one after the other in one array.
package struct NumberRows: Sendable, Hashable {
  package private(set) var numbers: [Double] = []
  /// How many rows there are.
  package private(set) var count = 0

  /// Adds a row.
  ///
  /// - Precondition: it has as many numbers as the others.
  mutating func append(_ row: some Collection<Double>) {
    precondition(count == 0 || row.count * count == numbers.count, "a row of \(row.count)")
    numbers += row
    count += 1
  }

  package subscript(row: Int) -> [Double] {
    let width = numbers.count / count
    return Array(numbers[row * width..<(row + 1) * width])
  }
}
