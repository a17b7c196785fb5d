internal import MRDLCore

// The data of the source text's own experiments.

extension Table {
  /// Points on a line with noise: y = slope · x + intercept + noise, x evenly spread over [−10, 10].
  ///
  /// - Parameters:
  ///   - decibels: how far the power of the line without noise lies above that of the noise.
  ///   - nextNormal: gives numbers of the standard normal distribution.
  package static func line(
    count: Int, slope: Double, intercept: Double, decibels: Double, nextNormal: () -> Double
  ) -> Table {
    let inputs = (0..<count).map { -10 + 20 * Double($0) / Double(max(count - 1, 1)) }
    let line = inputs.map { slope * $0 + intercept }
    let signal = line.reduce(0) { $0 + $1 * $1 } / Double(max(count, 1))
    let deviation = (signal / power(10, decibels / 10)).squareRoot()
    var numbers: [Double] = []
    for (x, y) in zip(inputs, line) { numbers += [x, y + deviation * nextNormal()] }
    return Table(name: "line", columnNames: ["x", "y"], numbers: numbers)
  }

  /// Two classes on rings around the origin, 1 on the inner one, with normal noise in both directions.
  ///
  /// - Parameters:
  ///   - nextUniform: gives numbers from 0 up to 1.
  ///   - nextNormal: gives numbers of the standard normal distribution.
  package static func circles(
    count: Int, inner: Double, outer: Double, noise: Double, nextUniform: () -> Double,
    nextNormal: () -> Double
  ) -> Table {
    var numbers: [Double] = []
    for index in 0..<count {
      // A direction: a point in the square that lies inside the circle.
      var (x, y, length) = (0.0, 0.0, 0.0)
      repeat {
        (x, y) = (2 * nextUniform() - 1, 2 * nextUniform() - 1)
        length = (x * x + y * y).squareRoot()
      } while length > 1 || length < 0.01
      let radius = index.isMultiple(of: 2) ? outer : inner
      numbers += [
        x / length * radius + noise * nextNormal(), y / length * radius + noise * nextNormal(),
        index.isMultiple(of: 2) ? 0 : 1,
      ]
    }
    return Table(name: "circles", columnNames: ["x1", "x2", "class"], numbers: numbers)
  }
}
