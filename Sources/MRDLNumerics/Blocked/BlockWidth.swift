internal import CMRDLKernels

/// How many channels stand side by side in a block, and the kernels for it.
package struct BlockWidth: Sendable, Hashable {
  private let isNarrow: Bool
  /// The channels of a block.
  package let lanes: Int

  private init(isNarrow: Bool) {
    self.isNarrow = isNarrow
    let kernels = isNarrow ? mrdl_blocked_kernels_narrow() : mrdl_blocked_kernels_current()
    lanes = kernels.pointee.lanes
  }

  /// As wide as a register of the instruction set in use.
  package static let wide = BlockWidth(isNarrow: false)

  /// Half as wide where the instruction set has registers of that size, for networks of few channels.
  package static let narrow = BlockWidth(isNarrow: true)

  /// Whether narrow blocks take less time than wide ones, so that they pay where they leave fewer lanes idle.
  package static let isNarrowQuicker = mrdl_blocked_kernels_narrow_are_quicker() != 0

  /// The blocks that so many channels fill.
  package func blockCount(channels: Int) -> Int { (channels + lanes - 1) / lanes }

  /// The lanes of those blocks.
  package func paddedChannels(_ channels: Int) -> Int { blockCount(channels: channels) * lanes }

  /// The kernels of whole numbers of eight bits for blocks of this width.
  var integerKernels: mrdl_integer_kernels {
    (isNarrow ? mrdl_integer_kernels_narrow() : mrdl_integer_kernels_current()).pointee
  }

  var kernels: mrdl_blocked_kernels {
    (isNarrow ? mrdl_blocked_kernels_narrow() : mrdl_blocked_kernels_current()).pointee
  }
}
