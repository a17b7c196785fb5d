package import CMRDLKernels

extension Float {
  package static var lanes: Int { mrdl_kernels_current().pointee.f32.pointee.lanes }

  package static func arguments(of steps: borrowing RecurrentSteps<Float>) -> mrdl_f32_recurrence {
    let recurrence = steps.recurrence
    let layout = recurrence.layout
    func function(_ index: Int) -> mrdl_f32_gate {
      let activation = steps.activation(index)
      return mrdl_f32_gate(
        kind: activation.code, alpha: Float(activation.alpha), beta: Float(activation.beta))
    }
    let (inputStrides, outputStrides) = (steps.inputStrides, steps.outputStrides)
    return mrdl_f32_recurrence(
      cell: steps.cellCode, functions: (function(0), function(1), function(2)),
      clips: recurrence.clip == nil ? 0 : 1, clip: Float(recurrence.clip ?? 0),
      length: layout.length, batch: layout.batch, units: layout.hiddenSize,
      width: recurrence.weights.width, is_reverse: recurrence.isReverse ? 1 : 0,
      lengths: steps.lengths, inputs: steps.inputs, input_step_stride: inputStrides.step,
      input_sequence_stride: inputStrides.sequence, weights: steps.weights,
      candidate_bias: steps.candidateBias, peepholes: steps.peepholes,
      state: (steps.states.0, steps.states.1), cell_state: steps.cell, update: steps.update,
      reset_state: steps.resetState, output: steps.output,
      output_step_stride: outputStrides.step, output_sequence_stride: outputStrides.sequence)
  }

  package static func advance(
    _ steps: UnsafePointer<mrdl_f32_recurrence>, step: Int, phase: Int, blocks: Range<Int>
  ) {
    mrdl_kernels_current().pointee.f32.pointee.recurrent_step(
      steps, step, phase, blocks.lowerBound, blocks.upperBound)
  }
}
