/// A moving window as ONNX defines it, position by position.
struct ReferenceWindow {
  var kernel: [Int]
  var strides: [Int]
  var dilations: [Int]
  var begin: [Int]
  var end: [Int]
  var autoPad = "NOTSET"
  var roundsUp = false

  init(
    _ kernel: [Int], strides: [Int]? = nil, dilations: [Int]? = nil, pads: [Int]? = nil,
    autoPad: String = "NOTSET", roundsUp: Bool = false
  ) {
    let ones = kernel.map { _ in 1 }
    self.kernel = kernel
    self.strides = strides ?? ones
    self.dilations = dilations ?? ones
    begin = pads.map { Array($0[..<kernel.count]) } ?? kernel.map { _ in 0 }
    end = pads.map { Array($0[kernel.count...]) } ?? kernel.map { _ in 0 }
    self.autoPad = autoPad
    self.roundsUp = roundsUp
  }

  /// The output extents, with the padding of SAME filled in.
  mutating func resolve(_ input: [Int]) -> [Int] {
    input.indices.map { axis in
      let span = (kernel[axis] - 1) * dilations[axis] + 1
      if autoPad.hasPrefix("SAME") {
        var output = 0
        while output * strides[axis] < input[axis] { output += 1 }
        let padding = max(0, (output - 1) * strides[axis] + span - input[axis])
        begin[axis] = autoPad == "SAME_UPPER" ? padding / 2 : padding - padding / 2
        end[axis] = padding - begin[axis]
        return output
      }
      // Count the positions at which a window may stand.
      var output = 0
      let room = input[axis] + begin[axis] + end[axis]
      while output * strides[axis] + span <= room { output += 1 }
      let reachesOut = (output - 1) * strides[axis] + span < room
      if roundsUp && reachesOut && output * strides[axis] < input[axis] + begin[axis] {
        output += 1
      }
      return output
    }
  }

  /// The input position under one place of the window; nil in the padding.
  func position(_ output: [Int], _ place: [Int], _ input: [Int]) -> [Int]? {
    var result: [Int] = []
    for axis in output.indices {
      let at = output[axis] * strides[axis] - begin[axis] + place[axis] * dilations[axis]
      guard (0..<input[axis]).contains(at) else { return nil }
      result.append(at)
    }
    return result
  }

  /// Whether a place of the window lies inside the input or its padding.
  func isInsidePadding(_ output: [Int], _ place: [Int], _ input: [Int]) -> Bool {
    output.indices.allSatisfy { axis in
      let at = output[axis] * strides[axis] - begin[axis] + place[axis] * dilations[axis]
      return at < input[axis] + end[axis]
    }
  }
}
