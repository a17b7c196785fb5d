internal import MRDLCore
package import MRDLModel

/// Models that the tests write and read.
package enum SampleModels {
  /// y = x · w + b, with every part of a header that a small model can have.
  package static func linear() -> Model {
    var model = Model(
      graph: Graph(
        name: "linear",
        inputs: [ValueInfo("x", .float32, ["N", 3])],
        outputs: [ValueInfo("y", .float32, ["N", 2])],
        nodes: [
          Node("Gemm", name: "dense", inputs: ["x", "w", "b"], outputs: ["y"])
        ]),
      opsets: ["": 23])
    model.tensors = table([
      ModelTensor("w", Tensor([1, -2, 3, 0.5, 0.25, -8] as [Float], shape: [3, 2]), axes: "IO"),
      ModelTensor("b", Tensor([0.5, -0.5] as [Float])),
      ModelTensor("golden/x", Tensor([1, 2, 3] as [Float], shape: [1, 3])),
      ModelTensor("golden/y", Tensor([8.25, -25.5] as [Float], shape: [1, 2])),
    ])
    model.preprocessing["x"] = .features(
      FeaturePreprocessing(names: ["a", "b", "c"], mean: [0, 0, 0], standardDeviation: [1, 1, 1]))
    model.meanings["y"] = OutputMeaning(task: .regression, scale: .values, labels: ["u", "v"])
    model.card.name = "linear"
    model.card.license = "Apache-2.0"
    model.card.created = "2026-01-01T00:00:00Z"
    model.goldenVectors = [
      GoldenVector(name: "first", inputs: ["x": "golden/x"], outputs: ["y": "golden/y"])
    ]
    return model
  }

  /// A model that takes and gives what is no tensor: it needs version 1.1.
  package static func values() -> Model {
    var model = Model(
      graph: Graph(
        name: "values",
        inputs: [
          ValueInfo("parts", .float32, ["N"], kind: .sequence),
          ValueInfo("rest", .float32, nil, kind: .optionalSequence),
          ValueInfo("one", .int64, [2], kind: .optional),
        ],
        outputs: [
          ValueInfo("copy", .float32, ["N"], kind: .sequence), ValueInfo("has", .bool, []),
          ValueInfo("same", .int64, [2], kind: .optional),
        ],
        nodes: [
          Node("Identity", inputs: ["parts"], outputs: ["copy"]),
          Node("OptionalHasElement", inputs: ["rest"], outputs: ["has"]),
          Node("Identity", inputs: ["one"], outputs: ["same"]),
        ]),
      opsets: ["": 28])
    model.tensors = table([
      ModelTensor("golden/parts/0", Tensor([1, 2] as [Float])),
      ModelTensor("golden/parts/1", Tensor([3] as [Float])),
      ModelTensor("golden/one", Tensor([4, 5] as [Int64])),
      ModelTensor("golden/has", Tensor([false], shape: [])),
    ])
    model.goldenVectors = [
      GoldenVector(
        name: "first",
        inputs: [
          "parts": .sequence(["golden/parts/0", "golden/parts/1"]), "rest": .absent,
          "one": "golden/one",
        ],
        outputs: [
          "copy": .sequence(["golden/parts/0", "golden/parts/1"]), "has": "golden/has",
          "same": "golden/one",
        ])
    ]
    return model
  }

  /// A model that is nothing but the given tensors.
  package static func weights(_ tensors: [ModelTensor]) -> Model {
    Model(graph: Graph(), tensors: table(tensors))
  }

  /// One tensor of every scalar type, with an odd number of bytes where the type allows it.
  package static func allScalarTypes() -> Model {
    weights(
      ScalarType.allCases.enumerated().map { index, type in
        let shape: Shape = [3, 5]
        var tensor = Tensor(zeros: shape, scalarType: type)
        tensor.withUnsafeMutableBytes { bytes in
          for position in bytes.indices {
            bytes[position] =
              type == .bool ? UInt8(position & 1) : UInt8(truncatingIfNeeded: 7 * position + index)
          }
        }
        return ModelTensor(type.rawValue, tensor)
      })
  }

  private static func table(_ tensors: [ModelTensor]) -> TensorTable {
    do {
      return try TensorTable(tensors)
    } catch {
      preconditionFailure("\(error)")
    }
  }
}
