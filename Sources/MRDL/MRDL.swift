/// Everything that a program needs to use a model: opening files, making programs, running sessions.
///
///     import MRDL
///
///     let model = try MRDLFile.open("model.mrdl")
///     var session = Session(try Program(model))
///     let answer = try session.run(["x": Tensor([Float](repeating: 0, count: 784))])
@_exported public import MRDLCore
@_exported public import MRDLFormat
@_exported public import MRDLModel
@_exported public import MRDLRuntime
