internal import MRDLCore
internal import MRDLImages

extension Drawing {
  /// The drawing as SVG that refers to nothing outside. The title and the colours of what `Paint` names are
  /// where a page finds them.
  package var svg: String {
    var text =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Self.text(width)) "
      + "\(Self.text(height))\" font-family=\"sans-serif\" role=\"img\" aria-label=\""
      + "\(title.escapedForMarkup)\">\n"
    for element in elements { text += Self.markup(element) }
    return text + "</svg>\n"
  }

  private static func markup(_ element: Element) -> String {
    switch element {
    case .stroke(let points, let width, let paint):
      let places = points.map { "\(text($0.x)),\(text($0.y))" }.joined(separator: " ")
      return "<polyline fill=\"none\" \(attributes("stroke", paint)) stroke-width=\""
        + "\(text(width))\" stroke-linecap=\"round\" stroke-linejoin=\"round\" points=\""
        + "\(places)\"/>\n"
    case .disc(let center, let radius, let paint):
      return "<circle cx=\"\(text(center.x))\" cy=\"\(text(center.y))\" r=\"\(text(radius))\" "
        + "\(attributes("fill", paint))/>\n"
    case .rectangle(let box, let paint, let opacity):
      let shown = opacity < 1 ? " fill-opacity=\"\(Quantity.fixed(opacity, digits: 3))\"" : ""
      return "<rect \(place(box)) \(attributes("fill", paint))\(shown) "
        + "shape-rendering=\"crispEdges\"/>\n"
    case .text(let line):
      let place = "\(text(line.place.x)) \(text(line.place.y))"
      let moved =
        line.turn == 0
        ? "x=\"\(text(line.place.x))\" y=\"\(text(line.place.y))\""
        : "transform=\"translate(\(place)) rotate(\(text(line.turn)))\""
      return "<text \(moved) font-size=\"\(text(line.size))\" text-anchor=\""
        + "\(line.anchor.rawValue)\" \(attributes("fill", line.paint))>"
        + "\(line.string.escapedForMarkup)</text>\n"
    case .image(let image, let box):
      return "<image \(place(box)) preserveAspectRatio=\"none\" image-rendering=\"pixelated\" "
        + "style=\"image-rendering:pixelated\" href=\"data:image/png;base64,"
        + "\(Base64.text(of: PNGEncoder.bytes(of: image)))\"/>\n"
    }
  }

  private static func place(_ box: Rectangle) -> String {
    "x=\"\(text(box.x))\" y=\"\(text(box.y))\" width=\"\(text(box.width))\" "
      + "height=\"\(text(box.height))\""
  }

  private static func attributes(_ property: String, _ paint: Paint) -> String {
    let name = paint.className.map { " class=\"\(property)-\($0)\"" } ?? ""
    return "\(property)=\"\(paint.css)\"\(name)"
  }

  private static func text(_ number: Double) -> String {
    Int64(exactly: number).map(String.init) ?? Quantity.fixed(number, digits: 2)
  }
}
