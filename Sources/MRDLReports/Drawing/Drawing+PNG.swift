internal import MRDLImages

extension Drawing {
  /// The drawing as PNG, with smooth edges.
  ///
  /// - Parameter scale: how many pixels a unit of the drawing is.
  /// - Complexity: O(pixels), and for each stroke the pixels of the boxes around its parts.
  package func png(scale: Double = 2) -> [UInt8] {
    var canvas = Canvas(
      width: max(1, Int((width * scale).rounded(.up))),
      height: max(1, Int((height * scale).rounded(.up))), scale: scale)
    for element in elements { canvas.draw(element) }
    return PNGEncoder.bytes(of: canvas.image)
  }
}
