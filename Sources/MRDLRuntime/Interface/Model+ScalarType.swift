public import MRDLCore
public import MRDLModel

extension Model {
  /// The model with all `f32` tensors, inputs and outputs in `f64` (or the other way round), for
  /// checking arithmetic in double precision.
  ///
  /// - Precondition: `type` is `float32` or `float64`.
  public func converted(to type: ScalarType) throws(MRDLError) -> Model {
    precondition(type == .float32 || type == .float64, "real numbers are f32 or f64")
    let old: ScalarType = type == .float64 ? .float32 : .float64
    var model = self
    for tensor in tensors where tensor.info.scalarType == old {
      let content = try tensor.load()
      let converted =
        type == .float64
        ? Tensor(content.elements(as: Float.self).map { Double($0) }, shape: content.shape)
        : Tensor(content.elements(as: Double.self).map { Float($0) }, shape: content.shape)
      model.tensors[tensor.info.name] = ModelTensor(
        tensor.info.name, converted, axes: tensor.info.axes)
    }
    for index in graph.inputs.indices where graph.inputs[index].scalarType == old {
      model.graph.inputs[index].scalarType = type
    }
    for index in graph.outputs.indices where graph.outputs[index].scalarType == old {
      model.graph.outputs[index].scalarType = type
    }
    return model
  }
}
