import MRDLCore
import MRDLInterchange
import MRDLModel
import Testing

@Suite("ONNX models")
struct ONNXFileTests {
  /// A model of one graph; `opset` is the version of ONNX's own domain.
  private func model(
    opset: Int64 = 13, beside: (inout ProtobufBytes) -> Void = { _ in },
    graph: (inout ProtobufBytes) -> Void
  ) -> Storage {
    Storage(
      ProtobufBytes { model in
        model.integer(1, 8)
        model.text(2, "test")
        model.message(7, graph)
        model.message(8) { $0.integer(2, opset) }
        beside(&model)
      }.bytes)
  }

  private func addValue(
    _ graph: inout ProtobufBytes, _ field: Int, _ name: String, _ shape: [Int64], type: Int64 = 1
  ) {
    graph.message(field) { value in
      value.text(1, name)
      value.message(2) { kind in
        kind.message(1) { tensor in
          tensor.integer(1, type)
          tensor.message(2) { list in
            for extent in shape { list.message(1) { $0.integer(1, extent) } }
          }
        }
      }
    }
  }

  private func addNode(
    _ message: inout ProtobufBytes, field: Int = 1, _ name: String, inputs: [String],
    outputs: [String], domain: String = "", attributes: (inout ProtobufBytes) -> Void = { _ in }
  ) {
    message.message(field) { node in
      for input in inputs { node.text(1, input) }
      for output in outputs { node.text(2, output) }
      node.text(4, name)
      if !domain.isEmpty { node.text(7, domain) }
      attributes(&node)
    }
  }

  private func open(_ storage: Storage) throws -> Model {
    try ONNXFile.open(storage, path: "test.onnx")
  }

  private func code(_ storage: Storage) -> FindingCode? {
    do throws(MRDLError) {
      _ = try ONNXFile.open(storage, path: "test.onnx")
      return nil
    } catch {
      return error.code
    }
  }

  @Test("Each way to write the numbers of a tensor gives the same tensor")
  func tensorEncodings() throws {
    let floats: [Float] = [1, -2.5, 3, 0.125]
    let raw = floats.flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    let storage = model { graph in
      for (name, fill) in [
        ("raw", { (tensor: inout ProtobufBytes) in tensor.bytes(9, raw) }),
        ("packed", { tensor in tensor.bytes(4, raw) }),
        ("unpacked", { tensor in for value in floats { tensor.float(4, value) } }),
      ] {
        graph.message(5) { tensor in
          tensor.packed(1, [2, 2])
          tensor.integer(2, 1)
          tensor.text(8, name)
          fill(&tensor)
        }
      }
      graph.message(5) { tensor in
        tensor.integer(1, 3)
        tensor.integer(2, 7)
        tensor.text(8, "integers")
        tensor.packed(7, [-1, 0, 1 << 40])
      }
      graph.message(5) { tensor in
        tensor.integer(1, 2)
        tensor.integer(2, 3)
        tensor.text(8, "bytes")
        tensor.packed(5, [-128, 127])
      }
      addValue(&graph, 12, "raw", [2, 2])
    }
    let model = try open(storage)
    for name in ["raw", "packed", "unpacked"] {
      let tensor = try #require(model.tensors[name]).load()
      #expect(tensor.shape == [2, 2])
      #expect(tensor.elements(as: Float.self) == floats)
    }
    let integers = try #require(model.tensors["integers"]).load()
    #expect(integers.elements(as: Int64.self) == [-1, 0, 1 << 40])
    let bytes = try #require(model.tensors["bytes"]).load()
    #expect(bytes.elements(as: Int8.self) == [-128, 127])
  }

  @Test("Axes that were an attribute become an input")
  func attributeBecomesInput() throws {
    let storage = model(opset: 11) { graph in
      addValue(&graph, 11, "x", [1, 3])
      addNode(&graph, "Squeeze", inputs: ["x"], outputs: ["y"]) { node in
        node.message(5) { attribute in
          attribute.text(1, "axes")
          attribute.integer(8, 0)
          attribute.integer(20, 7)
        }
      }
      addValue(&graph, 12, "y", [3])
    }
    let model = try open(storage)
    let node = try #require(model.graph.nodes.first)
    #expect(node.attributes.isEmpty)
    let name = try #require(node.inputs.last)
    let axes = try #require(model.tensors[name]).load()
    #expect(axes.elements(as: Int64.self) == [0])
    #expect(model.opsets[""] == 28)
  }

  @Test("Softmax of version 11 takes the last axes together")
  func oldSoftmax() throws {
    let storage = model(opset: 11) { graph in
      addValue(&graph, 11, "x", [2, 3, 4])
      addNode(&graph, "Softmax", inputs: ["x"], outputs: ["y"])
      addValue(&graph, 12, "y", [2, 3, 4])
    }
    #expect(
      try open(storage).graph.nodes.map(\.operatorName)
        == ["Shape", "Flatten", "Softmax", "Reshape"])
  }

  @Test("A function becomes its nodes, with names and attributes of the call")
  func functions() throws {
    let storage = model(
      beside: { model in
        model.message(25) { function in
          function.text(1, "Twice")
          function.text(10, "local")
          function.text(4, "a")
          function.text(5, "b")
          function.text(6, "slope")
          addNode(&function, field: 7, "LeakyRelu", inputs: ["a"], outputs: ["t"]) { node in
            node.message(5) { attribute in
              attribute.text(1, "alpha")
              attribute.text(21, "slope")
              attribute.integer(20, 1)
            }
          }
          addNode(&function, field: 7, "Add", inputs: ["t", "t"], outputs: ["b"])
          function.message(9) { $0.integer(2, 13) }
        }
      },
      graph: { graph in
        addValue(&graph, 11, "x", [3])
        for (input, output) in [("x", "m"), ("m", "y")] {
          addNode(&graph, "Twice", inputs: [input], outputs: [output], domain: "local") { node in
            node.message(5) { attribute in
              attribute.text(1, "slope")
              attribute.float(2, 0.5)
              attribute.integer(20, 1)
            }
          }
        }
        addValue(&graph, 12, "y", [3])
      })
    let nodes = try open(storage).graph.nodes
    #expect(nodes.map(\.operatorName) == ["LeakyRelu", "Add", "LeakyRelu", "Add"])
    #expect(nodes[0].attributes["alpha"] == .float(0.5))
    #expect(nodes[0].outputs != nodes[2].outputs)
    #expect(nodes[1].outputs == ["m"])
    #expect(nodes[3].outputs == ["y"])
  }

  @Test("A function that calls itself is refused")
  func endlessFunction() {
    let storage = model(
      beside: { model in
        model.message(25) { function in
          function.text(1, "Loop")
          function.text(10, "local")
          addNode(&function, field: 7, "Loop", inputs: [], outputs: [], domain: "local")
        }
      },
      graph: { graph in addNode(&graph, "Loop", inputs: [], outputs: [], domain: "local") })
    #expect(code(storage) == .badONNX)
  }

  @Test("A tensor whose bytes do not fit its shape is refused", arguments: [0, 7, 9, 16])
  func wrongByteCount(byteCount: Int) {
    let storage = model { graph in
      graph.message(5) { tensor in
        tensor.integer(1, 2)
        tensor.integer(2, 1)
        tensor.text(8, "w")
        tensor.bytes(9, [UInt8](repeating: 0, count: byteCount))
      }
      addValue(&graph, 12, "w", [2])
    }
    #expect(code(storage) == .badONNX)
  }

  @Test(
    "External data may not lie outside the directory of the model",
    arguments: ["../w", "/etc/passwd", "a/../../w", "", "a//b", "a\\b"])
  func externalPaths(location: String) {
    let storage = model { graph in
      graph.message(5) { tensor in
        tensor.integer(1, 1)
        tensor.integer(2, 1)
        tensor.text(8, "w")
        tensor.message(13) { entry in
          entry.text(1, "location")
          entry.text(2, location)
        }
        tensor.integer(14, 1)
      }
      addValue(&graph, 12, "w", [1])
    }
    #expect(code(storage) == .badONNX)
  }

  @Test("Operator sets outside the known range are refused", arguments: [(0, false), (29, true)])
  func opsets(version: Int, isNewer: Bool) {
    let storage = model(opset: Int64(version)) { addValue(&$0, 11, "x", [1]) }
    #expect(code(storage) == (isNewer ? .unknownOpset : .unsupportedONNX))
  }

  /// A model that has everything that files of exporters have, and the offsets at which its fields end.
  private var exported: (bytes: [UInt8], ends: [Int]) {
    var ends: [Int] = []
    let message = ProtobufBytes { model in
      func end() { ends.append(model.bytes.count) }
      model.integer(1, 8)
      end()
      model.text(2, "pytorch")
      end()
      model.text(3, "2.4.0")
      end()
      model.message(7) { graph in
        addValue(&graph, 11, "x", [2])
        addNode(&graph, "Relu", inputs: ["x"], outputs: ["y"])
        addValue(&graph, 12, "y", [2])
      }
      end()
      model.message(8) { $0.integer(2, 13) }
      end()
      model.message(14) { entry in
        entry.text(1, "author")
        entry.text(2, "nobody")
      }
      end()
    }
    return (message.bytes, ends)
  }

  @Test("A file that is cut short is told as one, wherever it is cut")
  func truncation() throws {
    let (whole, ends) = exported
    // Behind the operator sets nothing that is missing can be told where a field ends.
    let complete = [ends[4], ends[5]]
    for count in 2..<whole.count {
      let storage = Storage(Array(whole.prefix(count)))
      #expect(FileFormat(of: storage) == .onnx, "\(count) bytes")
      #expect(code(storage) == (complete.contains(count) ? nil : .truncatedONNX), "\(count) bytes")
    }
    #expect(code(Storage(whole)) == nil)
  }

  @Test("What is missing is told with what there is and where")
  func truncationMessage() throws {
    let (whole, ends) = exported
    let count = ends[3] - 5
    let error = #expect(throws: MRDLError.self) {
      try ONNXFile.open(Storage(Array(whole.prefix(count))), path: "test.onnx")
    }
    let text = error?.description ?? ""
    #expect(text.contains("cut short inside field 7"), "\(text)")
    #expect(text.contains("\(count) bytes") && text.contains("at least \(ends[3])"), "\(text)")
    #expect(error?.place.byteOffset == UInt64(ends[2]))
  }

  @Test("Files that begin like one are not taken for one")
  func otherMessages() {
    // A SavedModel of TensorFlow, a model of Core ML, a version that is none, and a field that ONNX lacks.
    for bytes: [UInt8] in [
      [8, 1, 0x12, 6, 0x0A, 4, 0x12, 2, 0x08, 1], [8, 4, 0x12, 200, 1, 0x0A, 3, 0x0A, 1, 0x41],
      [8, 99, 0x12, 9, 0x41], [8, 7, 0x7A, 1, 0x41], [8],
    ] {
      #expect(FileFormat(of: Storage(bytes)) != .onnx, "\(bytes)")
    }
  }

  @Test("Models of the first versions of the format state no operator set")
  func olderModels() throws {
    let bytes = ProtobufBytes { model in
      model.integer(1, 2)
      model.message(7) { graph in
        addValue(&graph, 11, "x", [2])
        addNode(&graph, "Relu", inputs: ["x"], outputs: ["y"])
        addValue(&graph, 12, "y", [2])
      }
    }.bytes
    #expect(code(Storage(bytes)) == nil)
  }
}
