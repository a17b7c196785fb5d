internal import MRDLCore
internal import MRDLModel
internal import MRDLOperators

/// What running a program on inputs of given shapes takes: kernels in order, and where their values lie.
final class Plan: Sendable {
  /// Where the bytes of a value lie.
  enum Location: Sendable {
    /// In the session's arena.
    case arena(byteOffset: Int)
    /// In an input of the graph.
    case input(Int)
    case constant(Tensor)
    /// Nowhere: an optional input left out, or an output that nobody needs.
    case absent
  }

  struct Slot: Sendable {
    let location: Location
    let byteCount: Int
  }

  struct Step: Sendable {
    let kernel: any Kernel
    /// The first of its slots: inputs, then outputs, then the workspace.
    let firstSlot: Int
    let inputCount: Int
    let outputCount: Int
    /// For profiles and errors.
    let node: Node
    let cost: Cost
  }

  struct Output: Sendable {
    let slot: Slot
    let scalarType: ScalarType
    let shape: Shape
  }

  let steps: [Step]
  let slots: [Slot]
  let outputs: [Output]
  /// Bytes of the arena.
  let arenaByteCount: Int
  /// The least number of bytes that any arrangement needs: the largest sum of what lives at once.
  let liveByteCount: Int

  init(
    steps: [Step], slots: [Slot], outputs: [Output], arenaByteCount: Int, liveByteCount: Int
  ) {
    self.steps = steps
    self.slots = slots
    self.outputs = outputs
    self.arenaByteCount = arenaByteCount
    self.liveByteCount = liveByteCount
  }
}
