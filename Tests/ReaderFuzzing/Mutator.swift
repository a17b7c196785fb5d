import MRDLCore
import MRDLNumerics

/// Draws changes of the bytes of a file.
///
/// All changes of a case come from one stream of random numbers, so that a case is repeated by its seed
/// and its number.
struct Mutator {
  var numbers: RandomNumbers
  /// The values that stand under each key in the JSON samples.
  var values: [[UInt8]: [[UInt8]]] = [:]

  /// The number of bytes past which a file does not grow.
  static let largestByteCount = 1 << 20

  mutating func below(_ bound: Int) -> Int { numbers.nextInteger(below: max(bound, 1)) }

  /// Whether something happens that does once in so many times.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.isEmpty ? nil : elements[below(elements.count)]
  }

  /// Whole numbers at the borders of what fields of a file hold.
  mutating func borderNumber() -> Int64 {
    switch below(6) {
    case 0: Int64(below(4))
    case 1: -Int64(1 + below(4))
    case 2: Int64(1) << Int64(below(63))
    case 3: (Int64(1) << Int64(below(63))) - 1
    case 4: Int64(below(300))
    default: once(in: 2) ? .max : .min
    }
  }

  /// A file with between one and a few places changed, in the manner of its kind.
  mutating func mutated(_ bytes: [UInt8], as kind: Sample.Kind) -> [UInt8] {
    var result = bytes
    for _ in 0...below(4) {
      let changed = once(in: 6) ? nil : structurallyMutated(result, as: kind)
      result = changed ?? mutatedBytes(result)
    }
    return result
  }

  /// One change that keeps the outer structure of a file; nil where its bytes do not have it.
  private mutating func structurallyMutated(
    _ bytes: [UInt8], as kind: Sample.Kind
  ) -> [UInt8]? {
    switch kind {
    case .onnx: mutatedMessage(bytes, depth: 0)
    case .archive: mutatedArchive(bytes)
    case .json: mutatedText(bytes)
    case .safetensors: mutatedSafetensors(bytes)
    case .array: mutatedArray(bytes)
    case .hdf5: mutatedHDF5(bytes)
    case .mrdl: mutatedModel(bytes)
    case .png: mutatedPNG(bytes)
    case .pickle, .pnm, .bmp: nil
    }
  }

  /// One change of bytes that knows nothing of them.
  mutating func mutatedBytes(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return [UInt8(below(256))] }
    var result = bytes
    let place = below(bytes.count)
    switch below(9) {
    case 0: result[place] ^= 1 << UInt8(below(8))
    case 1: result[place] = UInt8(below(256))
    case 2, 3: write(borderNumber(), width: 1 << below(4), at: place, in: &result)
    case 4: result.removeSubrange(place..<min(place + 1 + below(16), bytes.count))
    case 5: result.removeSubrange(place...)
    case 6:
      let part = bytes[place..<min(place + 1 + below(64), bytes.count)]
      result.insert(contentsOf: part, at: below(bytes.count))
    case 7:
      // What stands at one place goes to another.
      let part = bytes[place..<min(place + 1 + below(16), bytes.count)]
      let target = below(bytes.count - part.count + 1)
      result.replaceSubrange(target..<(target + part.count), with: part)
    default:
      result.insert(contentsOf: (0...below(8)).map { _ in UInt8(below(256)) }, at: place)
    }
    return result.count > Self.largestByteCount ? bytes : result
  }

  /// Writes the low bytes of a number, in one order or the other.
  mutating func write(_ value: Int64, width: Int, at place: Int, in bytes: inout [UInt8]) {
    let isBig = once(in: 4)
    for index in 0..<width where place + index < bytes.count {
      let shift = Int64(8 * (isBig ? width - 1 - index : index))
      bytes[place + index] = UInt8(truncatingIfNeeded: value >> shift)
    }
  }
}
