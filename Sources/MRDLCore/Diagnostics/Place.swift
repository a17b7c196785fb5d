/// Where in a file or a model something was found.
public struct Place: Sendable, Hashable, CustomStringConvertible {
  /// The path of the file, as the caller gave it.
  public var file: String?
  /// A JSON pointer, the name of a tensor or the path of an HDF5 object.
  public var path: String?
  /// The number of bytes from the start of the file.
  public var byteOffset: UInt64?
  /// The number of the line in a text that people write, from 1.
  public var line: Int?
  /// Which of the Unicode scalars of the line, from 1.
  public var column: Int?

  public init(
    file: String? = nil, path: String? = nil, byteOffset: UInt64? = nil, line: Int? = nil,
    column: Int? = nil
  ) {
    self.file = file
    self.path = path
    self.byteOffset = byteOffset
    self.line = line
    self.column = column
  }

  /// A place without a file, such as a tensor or a JSON pointer.
  public init(_ path: String) { self.init(path: path) }

  /// Nowhere in particular.
  public static let unknown = Place()

  /// `file: line 7, column 3: path: byte 128`, with what is known.
  public var description: String {
    var text = ""
    func append(_ part: String) {
      if !text.isEmpty { text += ": " }
      text += part
    }
    if let file { append(file.escapedForDisplay) }
    if let line { append("line \(line)" + (column.map { ", column \($0)" } ?? "")) }
    if let path { append(path.escapedForDisplay) }
    if let byteOffset { append("byte \(byteOffset)") }
    return text
  }

  /// The same place in the named file, unless a file is known already.
  public func inFile(_ name: String) -> Place {
    var place = self
    place.file = file ?? name
    return place
  }
}

extension String {
  /// The text with control, bidirectional and other invisible characters escaped, so that a name
  /// from a hostile file can be printed on a terminal.
  public var escapedForDisplay: String {
    var result = ""
    for scalar in unicodeScalars {
      let hidden: Bool
      switch scalar.properties.generalCategory {
      case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
        .paragraphSeparator:
        hidden = true
      default: hidden = false
      }
      if hidden {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
