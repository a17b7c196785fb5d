package import MRDLCore

/// The `.ts` text format of the UEA and UCR archives, plain or gzip.
///
/// Lines that begin with `#` are comments. A header of lines `@key values` ends with `@data`; then every line is
/// a series: its channels separated by `:`, the numbers of a channel by `,`, and at the end the class, which
/// `@classLabel true` names in the header. A missing number (`?` or `NaN`) takes the one before it, at the
/// beginning the first one there is, and 0 in a channel without any.
package enum SeriesFile {
  /// Whether a file has the header of the format.
  package static func isSeries(_ path: String, limits: Limits = .standard) throws(MRDLError) -> Bool
  {
    try DataFile(path, limits: limits).content.withUnsafeBytes { bytes in
      var lines = SeriesLines(bytes)
      return lines.next()?.first == "@"
    }
  }

  /// Reads a file.
  ///
  /// - Throws: `MRDL5001` for what is no such file, for series with time stamps or without classes, and for a
  ///   line that does not fit the header or the lines before it, with its number.
  package static func read(
    _ path: String, limits: Limits = .standard
  ) throws(MRDLError) -> LabelledSeries {
    let file = try DataFile(path, limits: limits)
    do {
      return try file.content.withUnsafeBytes { (bytes) throws(MRDLError) in
        try parse(bytes, name: FileSystem.stem(of: path), digest: file.digest)
      }
    } catch {
      throw error.inFile(path)
    }
  }

  /// Reads the bytes of a file.
  ///
  /// - Parameter name: what the data are called where the header does not say.
  package static func parse(
    _ bytes: UnsafeRawBufferPointer, name: String, digest: Digest? = nil
  ) throws(MRDLError) -> LabelledSeries {
    var lines = SeriesLines(bytes)
    let header = try SeriesHeader(&lines)
    var elements: [LabelledSeries.Element] = []
    var channelCount = header.channelCount
    while let line = lines.next() {
      let place = Place(line: lines.number)
      var parts = line.split(separator: ":", omittingEmptySubsequences: false)
      let word = parts.removeLast().trimmed
      guard let label = header.classNames.firstIndex(of: word) else {
        throw MRDLError(
          .badDataset, "a series has a class that the header does not name", found: "\"\(word)\"",
          expected: header.classNames.prefix(10).joined(separator: ", "), at: place)
      }
      guard parts.count == channelCount ?? parts.count, !parts.isEmpty else {
        throw MRDLError(
          .badDataset, "a series has another number of channels than the header or the one before",
          found: "\(parts.count)", expected: "\(channelCount ?? 1)", at: place)
      }
      channelCount = parts.count
      var values: [Float] = []
      var length: Int?
      for part in parts {
        let channel = try numbers(part, at: place)
        guard channel.count == length ?? header.length ?? channel.count else {
          throw MRDLError(
            .badDataset, "a channel has another length than the header states or than the others",
            found: "\(channel.count)", expected: "\(length ?? header.length ?? 0)", at: place)
        }
        length = channel.count
        values += channel
      }
      elements.append(
        LabelledSeries.Element(values: values, length: length ?? 0, label: label))
    }
    guard let channelCount, let first = elements.first else {
      throw MRDLError(.badDataset, "the file holds no series", at: Place(line: lines.number))
    }
    guard !header.hasEqualLengths || elements.allSatisfy({ $0.length == first.length }) else {
      throw MRDLError(
        .badDataset, "the header states equal lengths, and the series differ",
        found: "\(first.length) and \(elements.first { $0.length != first.length }?.length ?? 0)")
    }
    return LabelledSeries(
      name: header.name ?? name, channelCount: channelCount, elements: elements,
      classNames: header.classNames, digest: digest)
  }

  private static func numbers(_ text: Substring, at place: Place) throws(MRDLError) -> [Float] {
    var numbers: [Float?] = []
    for cell in text.split(separator: ",", omittingEmptySubsequences: false) {
      let word = cell.trimmed
      if Table.Cell.isMissing(word) {
        numbers.append(nil)
        continue
      }
      guard let number = Float(word), number.isFinite else {
        throw MRDLError(
          .badDataset, "a value of a series is no number", found: "\"\(word)\"", at: place)
      }
      numbers.append(number)
    }
    var last = numbers.lazy.compactMap(\.self).first ?? 0
    return numbers.map { number in
      last = number ?? last
      return last
    }
  }
}

/// What stands before the series.
private struct SeriesHeader {
  var name: String?
  var classNames: [String] = []
  var channelCount: Int?
  var length: Int?
  var hasEqualLengths = false

  /// Reads lines up to `@data`.
  init(_ lines: inout SeriesLines) throws(MRDLError) {
    while let line = lines.next() {
      let place = Place(line: lines.number)
      guard line.first == "@" else {
        throw MRDLError(
          .badDataset, "the file is not in the .ts format", found: String(line.prefix(40)),
          expected: "@key values, then @data", at: place)
      }
      let words = line.dropFirst().split { $0 == " " || $0 == "\t" }
      let values = words.dropFirst().map(String.init)
      let flag = values.first?.lowercased() == "true"
      switch words.first?.lowercased() {
      case "problemname": name = values.first
      case "dimensions", "dimension": channelCount = try Self.count(values, place)
      case "serieslength": length = try Self.count(values, place)
      case "equallength": hasEqualLengths = flag
      case "univariate" where flag: channelCount = channelCount ?? 1
      case "timestamps" where flag:
        throw MRDLError(
          .badDataset, "series with time stamps are not read", expected: "@timeStamps false",
          at: place)
      case "targetlabel" where flag:
        throw MRDLError(
          .badDataset, "series with quantities in place of classes are not read",
          expected: "@classLabel true and the names of the classes", at: place)
      case "classlabel":
        classNames = flag ? Array(values.dropFirst()) : []
        if let twice = classNames.first(where: { name in classNames.count { $0 == name } > 1 }) {
          throw MRDLError(
            .badDataset, "two classes have the same name", found: "\"\(twice)\"", at: place)
        }
      case "data":
        guard !classNames.isEmpty else {
          throw MRDLError(
            .badDataset, "the series have no classes",
            expected: "@classLabel true and the names of the classes", at: place)
        }
        // A length that is stated for series of different lengths is that of the longest.
        if !hasEqualLengths { length = nil }
        return
      default: break
      }
    }
    throw MRDLError(
      .badDataset, "the file has no data", expected: "a line @data", at: Place(line: lines.number))
  }

  private static func count(_ values: [String], _ place: Place) throws(MRDLError) -> Int {
    guard let count = values.first.flatMap({ Int($0) }), count > 0 else {
      throw MRDLError(
        .badDataset, "the header does not state a count", found: values.joined(separator: " "),
        expected: "a number from 1 on", at: place)
    }
    return count
  }
}

/// The lines of a file that hold anything, without comments.
private struct SeriesLines {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0
  /// That of the last line, from 1.
  private(set) var number = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func next() -> Substring? {
    while position < bytes.count {
      let end = bytes[position...].firstIndex(of: 0x0A) ?? bytes.count
      let line = String(decoding: bytes[position..<end], as: UTF8.self)[...].trimmed
      position = end + 1
      number += 1
      if !line.isEmpty, line.first != "#" { return line[...] }
    }
    return nil
  }
}

extension Substring {
  /// The text without blanks at its ends.
  fileprivate var trimmed: String {
    var text = self
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
