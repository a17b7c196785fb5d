import MRDLCore

/// Decodes the netpbm formats P1 to P7: plain and binary bitmaps, grey and colour pictures, and PAM.
///
/// Samples of a greatest value up to 255 become 8-bit samples, others 16-bit ones, scaled by
/// `round(v · full / greatest)`. Of several pictures in one file the first is read.
struct PNMDecoder {
  static func decode(_ storage: Storage, limits: Limits) throws(MRDLError) -> Image {
    try storage.withUnsafeBytes { (bytes) throws(MRDLError) in
      var scanner = PNMScanner(bytes)
      let header = try PNMHeader(&scanner, limits: limits)
      return header.greatestValue <= 255
        ? try image(of: UInt8.self, header, &scanner)
        : try image(of: UInt16.self, header, &scanner)
    }
  }

  private static func image<Sample: ImageSample>(
    of type: Sample.Type, _ header: PNMHeader, _ scanner: inout PNMScanner
  ) throws(MRDLError) -> Image {
    let shape = Shape([header.height, header.width, header.colorSpace.channelCount])
    let needed = leastByteCount(header, sampleCount: shape.elementCount, sampleType: type)
    guard scanner.rest.count >= needed else {
      throw MRDLError(
        .badImage, "a netpbm picture is cut short", found: "\(scanner.rest.count) bytes of samples",
        expected: "\(needed)", at: scanner.place)
    }
    var samples = Tensor(zeros: shape, scalarType: Sample.scalarType)
    try samples.withMutableElements(as: Sample.self) { (buffer) throws(MRDLError) in
      var output = buffer.mutableSpan
      switch (header.isBitmap, header.isPlain) {
      case (true, true): try readPlainBits(&scanner, into: &output)
      case (true, false): unpackBits(scanner.rest, width: header.width, into: &output)
      case (false, true): try readNumbers(&scanner, header.greatestValue, into: &output)
      case (false, false):
        try readBinary(scanner.rest, header.greatestValue, into: &output, at: scanner.place)
      }
    }
    return Image(samples: samples, colorSpace: header.colorSpace)
  }

  /// The fewest bytes that can hold the samples.
  private static func leastByteCount<Sample: ImageSample>(
    _ header: PNMHeader, sampleCount: Int, sampleType: Sample.Type
  ) -> Int {
    switch (header.isBitmap, header.isPlain) {
    case (true, true): sampleCount
    case (true, false): (header.width + 7) / 8 * header.height
    case (false, true): 2 * sampleCount - 1
    case (false, false): sampleCount * MemoryLayout<Sample>.size
    }
  }

  private static func readPlainBits<Sample: ImageSample>(
    _ scanner: inout PNMScanner, into output: inout MutableSpan<Sample>
  ) throws(MRDLError) {
    for index in 0..<output.count { output[index] = try scanner.bit() == 0 ? .max : 0 }
  }

  private static func unpackBits<Sample: ImageSample>(
    _ bytes: UnsafeRawBufferPointer, width: Int, into output: inout MutableSpan<Sample>
  ) {
    let source = bytes.bytes
    let rowByteCount = (width + 7) / 8
    for row in 0..<(output.count / width) {
      for column in 0..<width {
        let byte = source.byte(at: row * rowByteCount + column >> 3)
        output[row * width + column] = byte << UInt8(column & 7) & 0x80 == 0 ? .max : 0
      }
    }
  }

  private static func readNumbers<Sample: ImageSample>(
    _ scanner: inout PNMScanner, _ greatest: Int, into output: inout MutableSpan<Sample>
  ) throws(MRDLError) {
    for index in 0..<output.count {
      output[index] = scale(try scanner.number(upTo: greatest, "sample"), greatest)
    }
  }

  private static func readBinary<Sample: ImageSample>(
    _ bytes: UnsafeRawBufferPointer, _ greatest: Int, into output: inout MutableSpan<Sample>,
    at place: Place
  ) throws(MRDLError) {
    let source = bytes.bytes
    let isWide = MemoryLayout<Sample>.size == 2
    for index in 0..<output.count {
      let value =
        isWide
        ? Int(source.byte(at: 2 * index)) << 8 | Int(source.byte(at: 2 * index + 1))
        : Int(source.byte(at: index))
      guard value <= greatest else {
        throw MRDLError(
          .badImage, "a sample of a netpbm picture is too large", found: "\(value)",
          expected: "at most \(greatest)",
          at: Place(
            byteOffset: (place.byteOffset ?? 0) + UInt64(index * MemoryLayout<Sample>.size)))
      }
      output[index] = scale(value, greatest)
    }
  }

  @inline(__always)
  private static func scale<Sample: ImageSample>(_ value: Int, _ greatest: Int) -> Sample {
    let full = Int(Sample.max)
    if greatest == full { return Sample(truncatingIfNeeded: value) }
    return Sample(truncatingIfNeeded: (value * full + greatest / 2) / greatest)
  }
}
