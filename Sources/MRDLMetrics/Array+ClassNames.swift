extension [String] {
  /// The name of a class among those of all, or its number where it has none.
  package func className(_ index: Int) -> String {
    indices.contains(index) ? self[index] : "\(index)"
  }
}
