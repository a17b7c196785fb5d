import MRDLCore
import MRDLHDF5
import MRDLModel
import Testing

/// Models in `.h5` as other writers write them, and as a reader must refuse them. The files are
/// `model-*.h5`, written by `make_models.py`.
struct ContainerTests {
  /// `model-minimal-1.0.h5` is `minimal-1.0.mrdl` in this encoding, as release 0.1 of `mrdl-convert`
  /// writes it: all later readers must read it.
  @Test func minimal1_0() throws {
    let diagnostics = Diagnostics()
    let model = try #require(
      HDF5ModelFile.verify(
        try Fixture("model-minimal-1.0").storage, name: "m.h5", diagnostics: diagnostics))
    #expect(diagnostics.findings.isEmpty)
    #expect(model.graph.name == "linear")
    #expect(model.goldenVectors.map(\.name) == ["first"])
    #expect(try model.tensors["w"]?.load().elements(as: Float.self) == [1, -2, 3, 0.5, 0.25, -8])
    #expect(try model.tensors["golden/y"]?.load().elements(as: Float.self) == [8.25, -25.5])
  }

  @Test(arguments: ["model-foreign-earliest", "model-foreign-latest"])
  func foreignModel(name: String) throws {
    let storage = try Fixture(name).storage
    #expect(HDF5ModelFile.isModel(storage))
    let diagnostics = Diagnostics()
    let model = try #require(
      HDF5ModelFile.verify(storage, name: name, diagnostics: diagnostics))
    // The one object that the header does not name is worth a warning.
    #expect(diagnostics.findings.count { $0.code == .strayHDF5Object } == 1)
    #expect(diagnostics.firstError == nil)
    let types: [ScalarType] = [
      .float64, .float32, .float16, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32,
      .uint64, .bool, .bfloat16,
    ]
    for (index, type) in types.enumerated() {
      let tensor = try #require(model.tensors[type.rawValue]).load()
      #expect(tensor.scalarType == type)
      #expect(tensor.shape == [3, 5])
      let expected = (0..<15).map { type == .bool ? ($0 + index) % 2 : $0 + index }
      #expect(numbers(tensor) == expected.map { Double($0) }, "\(type)")
    }
    let weight = try #require(model.tensors["layer/weight%"]).load()
    #expect(weight.shape == [20, 30])
    #expect(numbers(weight) == (0..<600).map { Double($0) })
    let scalar = try #require(model.tensors[".hidden"]).load()
    #expect(scalar.shape == [] && scalar.elements(as: Float.self) == [2.5])
    #expect(try #require(model.tensors["Größe ☃"]).load().shape == [0, 3])
    let packed = try #require(model.tensors["packed"]).load()
    #expect(packed.scalarType == .int4 && packed.shape == [3])
    #expect(packed.withUnsafeBytes { Array($0) } == [0x21, 0x03])
  }

  private static let refusals: [(name: String, code: FindingCode)] = [
    ("major-version", .unsupportedVersion), ("feature", .unsupportedFeature),
    ("versions", .badHDF5Container), ("no-features", .missingHDF5Object),
    ("short-digest", .badHDF5Container), ("root-digest", .rootDigestMismatch),
    ("no-header", .missingHDF5Object), ("wide-header", .badHDF5Container),
    ("header", .headerDigestMismatch), ("digest", .rootDigestMismatch),
    ("digest-count", .badHDF5Container), ("no-tensor", .missingTensor),
    ("group", .missingTensor), ("type", .wrongByteCount), ("extents", .wrongByteCount),
    ("soft", .unsupportedHDF5), ("external-link", .unsupportedHDF5),
    ("external-data", .unsupportedHDF5), ("virtual", .unsupportedHDF5),
    ("filter", .unsupportedHDF5), ("weights", .tensorDigestMismatch),
  ]

  @Test(arguments: refusals.indices)
  func refusedModel(index: Int) throws {
    let (name, code) = Self.refusals[index]
    let storage = try Fixture("model-refused-\(name)").storage
    expectError(code) {
      try HDF5ModelFile.open(
        storage, name: "m.h5", options: OpeningOptions(verification: .now))
    }
    let diagnostics = Diagnostics()
    _ = HDF5ModelFile.verify(storage, name: "m.h5", diagnostics: diagnostics)
    #expect(diagnostics.findings.contains { $0.code == code }, "\(diagnostics.findings)")
    #expect(diagnostics.findings.allSatisfy { $0.place.file == "m.h5" })
  }

  /// Damage of a tensor does not hinder opening: it is found when the tensor is used.
  @Test func damagedTensorIsFoundOnFirstUse() throws {
    let storage = try Fixture("model-refused-weights").storage
    let model = try HDF5ModelFile.open(storage, name: "m.h5")
    let tensor = try #require(model.tensors["w"])
    expectError(.tensorDigestMismatch, "w") { try tensor.load() }
    let trusting = try HDF5ModelFile.open(
      storage, name: "m.h5", options: OpeningOptions(verification: .never))
    #expect(try trusting.tensors["w"]?.load().shape == [2, 3])
  }

  @Test(arguments: Fixture.all.filter { $0.name != "unclosed" && $0.name != "refused" })
  func otherHDF5Files(fixture: Fixture) throws {
    let storage = try fixture.storage
    #expect(!HDF5ModelFile.isModel(storage))
    expectError(.notAModel, "mrdl_version") {
      try HDF5ModelFile.open(storage, name: "other.h5")
    }
  }

  /// Whatever is done to a byte, the model is refused or is the one that was written.
  @Test(arguments: ["model-foreign-earliest", "model-foreign-latest"])
  func flippedBytes(name: String) throws {
    let whole = try Fixture(name).bytes
    let expected = try content(Storage(whole))
    var refusedCount = 0
    for position in stride(from: 0, to: whole.count, by: max(1, whole.count / 400) | 1) {
      for mask: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = whole
        bytes[position] ^= mask
        do {
          #expect(try content(Storage(bytes)) == expected, "byte \(position)")
        } catch is MRDLError {
          refusedCount += 1
        }
      }
    }
    #expect(refusedCount > 100)
  }

  @Test func truncatedFiles() throws {
    let whole = try Fixture("model-foreign-latest").bytes
    for count in stride(from: 0, to: whole.count, by: 41) {
      let storage = Storage(Array(whole[..<count]))
      #expect(throws: MRDLError.self) { try HDF5ModelFile.open(storage, name: "cut.h5") }
      let diagnostics = Diagnostics()
      #expect(HDF5ModelFile.verify(storage, name: "cut.h5", diagnostics: diagnostics) == nil)
      #expect(diagnostics.firstError != nil)
    }
  }

  @Test func limitOnTheHeader() throws {
    let storage = try Fixture("model-foreign-latest").storage
    var limits = Limits()
    limits.headerByteCount = 100
    expectError(.limitExceeded) {
      try HDF5ModelFile.open(
        storage, name: "m.h5", options: OpeningOptions(limits: limits))
    }
  }

  @Test(arguments: [
    ("w", "w"), ("a/b", "a%2Fb"), ("100%", "100%25"), (".", "%2E"), ("..", "%2E."),
    ("a.b", "a.b"), ("a\0b", "a%00b"), ("Größe", "Größe"),
  ])
  func nameOfADataSet(name: String, link: String) {
    #expect(HDF5ContainerLayout.linkName(ofTensor: name) == link)
  }

  /// The header as text and the bytes of every tensor.
  private func content(_ storage: Storage) throws -> [[UInt8]] {
    let model = try HDF5ModelFile.open(
      storage, name: "m.h5", options: OpeningOptions(verification: .now))
    let header = Array(ModelHeader(model).encoded().text(.compact).utf8)
    return try [header] + model.tensors.map { try $0.load().withUnsafeBytes { Array($0) } }
  }

  private func numbers(_ tensor: Tensor) -> [Double] {
    switch tensor.scalarType {
    case .float64: tensor.elements(as: Double.self)
    case .float32: tensor.elements(as: Float.self).map { Double($0) }
    case .float16: tensor.elements(as: Half.self).map { Double($0.float) }
    case .bfloat16: tensor.elements(as: BFloat16.self).map { Double($0.float) }
    case .bool: tensor.elements(as: Bool.self).map { $0 ? 1 : 0 }
    default: integers(tensor).map { Double($0) }
    }
  }
}
