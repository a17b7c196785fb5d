package import MRDLCore
internal import MRDLModel

/// Runs one operator on tensors, for constant folding and for tests.
///
/// - Parameters:
///   - inputs: in the order of the operator; nil for an optional input left out.
///   - variableInputs: inputs that the kernel is not to take for constants.
///   - outputCount: how many outputs the node has.
///   - threadLimit: how many threads may take part; 0 for all.
/// - Returns: the outputs; every one that the operator gives.
/// - Throws: what inference, the making of the kernel or the kernel reports; `MRDL4004` where the
///   shape of an output is known only while running; `MRDL1102` for an output of more bytes than
///   `Limits.foldedByteCount`.
package func evaluate(
  _ op: any Operator, inputs: [Tensor?], variableInputs: Set<Int> = [], outputCount: Int = 1,
  threadLimit: Int = 1,
  packedConstants: PackedConstants = PackedConstants(), place: Place = .unknown
) throws(MRDLError) -> [Tensor?] {
  let facts = inputs.enumerated().map { index, tensor -> ValueFacts? in
    guard let tensor else { return nil }
    return variableInputs.contains(index)
      ? ValueFacts(tensor.scalarType, tensor.shape) : ValueFacts(constant: tensor)
  }
  if let op = op.asDataDependent {
    return try op.evaluate(inputs, outputCount: outputCount, place: place)
  }
  let inferred = try op.infer(Operands(facts, outputCount: outputCount, place: place))
  var outputs: [Tensor?] = []
  for known in inferred.prefix(outputCount) {
    if let constant = known.constant {
      outputs.append(constant)
      continue
    }
    try known.checkByteCount(atMost: Limits.standard.foldedByteCount, at: place)
    guard let shape = known.concreteShape else {
      throw MRDLError(
        .dataDependentShape, "the shape of an output is known only while running",
        found: known.shape?.description ?? "unknown", at: place)
    }
    outputs.append(Tensor(zeros: shape, scalarType: known.scalarType))
  }
  if inferred.prefix(outputCount).allSatisfy({ $0.constant != nil }) { return outputs }
  let kernel = try op.preparedKernel(
    KernelRequest(
      inputs: facts, outputs: inferred, packedConstants: packedConstants, place: place))
  let workspace = Storage(byteCount: kernel.workspaceByteCount)
  var buffers = (inputs + outputs).map { tensor in
    UnsafeMutableRawBufferPointer(
      start: tensor.map { $0.storage.base + $0.byteOffset }, count: tensor?.byteCount ?? 0)
  }
  buffers.append(
    UnsafeMutableRawBufferPointer(start: workspace.base, count: workspace.byteCount))
  // The tensors own the memory that the buffers point at.
  try withExtendedLifetime((inputs, outputs, workspace)) { () throws(MRDLError) in
    try buffers.span.withUnsafeBufferPointer { (pointers) throws(MRDLError) in
      guard let base = pointers.baseAddress else { return }
      try kernel.run(
        KernelArguments(
          buffers: base, inputCount: inputs.count, outputCount: outputs.count,
          threadLimit: threadLimit))
    }
  }
  return outputs
}
