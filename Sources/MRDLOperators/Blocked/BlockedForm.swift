package import MRDLCore
package import MRDLNumerics

/// How an operator computes on blocked tensors, where the channels of a pixel stand side by side in blocks
/// as wide as a register (see `BlockedLayout`): float32, (N, blocks, H, W, lanes) in the place of
/// (N, C, H, W).
///
/// Results are the same as those on planes but for the order of sums.
public struct BlockedForm: Sendable {
  /// How the operator in blocks takes one of its inputs.
  public enum InputLayout: Sendable, Hashable {
    case blocked(channels: Int)
    /// As the node has it.
    case unchanged
  }

  /// The operator in blocks. It has the inputs and outputs of the node.
  public let op: any Operator
  /// For each input of the node.
  public let inputLayouts: [InputLayout]
  /// The channels of output 0, which is blocked. There are no other outputs.
  public let channels: Int

  package init(_ op: any Operator, _ inputLayouts: [InputLayout], channels: Int) {
    self.op = op
    self.inputLayouts = inputLayouts
    self.channels = channels
  }
}

/// What is known of a node where its operator is asked for its form in blocks.
public struct BlockingRequest: Sendable {
  /// Whether the node has an input, in the order of the operator.
  public let hasInput: [Bool]
  /// What is known of the inputs that are blocked already or constant; nil for others.
  public let inputs: [ValueFacts?]
  /// The channels of the inputs that are blocked already; nil for others.
  public let channels: [Int?]
  /// Whether somebody reads an output.
  public let needsOutput: [Bool]

  /// The blocks of the graph.
  package let width: BlockWidth

  package init(
    hasInput: [Bool], inputs: [ValueFacts?], channels: [Int?], needsOutput: [Bool],
    width: BlockWidth
  ) {
    self.width = width
    self.hasInput = hasInput
    self.inputs = inputs
    self.channels = channels
    self.needsOutput = needsOutput
  }

  /// The same for the first inputs alone.
  package func prefix(_ count: Int) -> BlockingRequest {
    BlockingRequest(
      hasInput: Array(hasInput.prefix(count)), inputs: Array(inputs.prefix(count)),
      channels: Array(channels.prefix(count)), needsOutput: needsOutput, width: width)
  }

  /// Whether output 0 alone is read.
  var needsFirstOutputOnly: Bool { !needsOutput.dropFirst().contains(true) }

  /// The form of an operator that runs on blocked tensors as it stands: element by element, with
  /// broadcasting.
  ///
  /// nil where no input is blocked, or where an input is neither blocked with the same channels, nor a
  /// constant of one element or with an element for each channel.
  func elementwiseForm(_ op: any Operator) -> BlockedForm? {
    guard needsFirstOutputOnly, let known = channels.compactMap(\.self).first else { return nil }
    var layouts: [BlockedForm.InputLayout] = []
    for (index, facts) in inputs.enumerated() {
      if !hasInput[index] {
        layouts.append(.unchanged)
      } else if channels[index] == known {
        layouts.append(.blocked(channels: known))
      } else if channels[index] == nil, let shape = facts?.constant?.shape {
        if shape.elementCount == 1 && shape.rank <= 4 {
          layouts.append(.unchanged)
        } else if facts?.scalarType == .float32, shape.isOneElement(forEachOf: known) {
          layouts.append(.blocked(channels: known))
        } else {
          return nil
        }
      } else {
        return nil
      }
    }
    return BlockedForm(op, layouts, channels: known)
  }
}

extension Shape {
  /// Whether it is (C, 1, 1) or (1, C, 1, 1): what is broadcast along the pixels of an image.
  package func isOneElement(forEachOf channels: Int) -> Bool {
    elementCount == channels
      && (dimensions == [channels, 1, 1] || dimensions == [1, channels, 1, 1])
  }
}
