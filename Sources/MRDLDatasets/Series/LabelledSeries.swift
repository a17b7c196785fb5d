package import MRDLCore

/// Series of measurements over time, of one or several channels, with the class of each.
package struct LabelledSeries: Sendable {
  /// One series.
  package struct Element: Sendable, Hashable {
    /// Channel by channel, in the order of time.
    package let values: [Float]
    /// The number of steps.
    package let length: Int
    /// The position of the class among the names.
    package let label: Int

    /// Writes the series as [channels, steps], zeros after its end.
    ///
    /// - Precondition: the series has no more steps, and the target has room for whole channels.
    package func copy(padding stepCount: Int, into target: inout MutableSpan<Float>) {
      precondition(length <= stepCount, "\(length) steps in \(stepCount)")
      for place in 0..<target.count {
        let (channel, step) = place.quotientAndRemainder(dividingBy: stepCount)
        target[place] = step < length ? values[channel * length + step] : 0
      }
    }
  }

  /// What people call the data.
  package let name: String
  package let channelCount: Int
  package let elements: [Element]
  /// The names of the classes, in the order of the file.
  package let classNames: [String]
  /// The SHA-256 of the file.
  package let digest: Digest?

  /// The length of the longest series.
  package var stepCount: Int { elements.map(\.length).max() ?? 0 }
}
