import MRDLCore
import MRDLInterchange
import MRDLModel
import Testing

/// The rules that the format states, each broken once.
struct SafetensorsTests {
  private func file(_ header: String, contentByteCount: Int = 0, statedByteCount: UInt64? = nil)
    -> Storage
  {
    var writer = ByteWriter()
    writer.append(statedByteCount ?? UInt64(header.utf8.count))
    writer.append(contentsOf: header.utf8)
    writer.append(contentsOf: (0..<contentByteCount).map { UInt8($0 % 2) })
    return Storage(writer.bytes)
  }

  private func open(_ storage: Storage) throws(MRDLError) -> Model {
    try SafetensorsFile.open(storage, path: "w.safetensors")
  }

  @Test func tensorsOfAnyAlignment() throws {
    let model = try open(
      file(
        #"{"__metadata__":{"license":"MIT","other":"x"},"b":{"dtype":"BOOL","shape":[3],"data_offsets":[0,3]},"#
          + #""x":{"dtype":"I16","shape":[2,1],"data_offsets":[3,7]},"e":{"dtype":"F32","shape":[0],"data_offsets":[7,7]}}  "#,
        contentByteCount: 7))
    #expect(model.card.license == "MIT")
    #expect(model.tensors.names == ["b", "x", "e"])
    #expect(try model.tensors["x"]?.load().elements(as: Int16.self) == [0x0001, 0x0001])
    #expect(try model.tensors["b"]?.load().elements(as: Bool.self) == [false, true, false])
  }

  @Test(arguments: [
    // A gap, an overlap, bytes left over, a range outside the file.
    (#"{"x":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, 3),
    (
      #"{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"y":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
      3
    ),
    (#"{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 3),
    (#"{"x":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, 1),
    // A range that does not fit the shape, or ends before it begins.
    (#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4),
    (#"{"x":{"dtype":"U8","shape":[0],"data_offsets":[2,1]}}"#, 2),
    // Shapes that are none.
    (#"{"x":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}"#, 1),
    (#"{"x":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}"#, 1),
    (#"{"x":{"dtype":"U8","shape":[4611686018427387904,4],"data_offsets":[0,0]}}"#, 0),
    // Half a byte.
    (#"{"x":{"dtype":"F4","shape":[1],"data_offsets":[0,1]}}"#, 1),
    // Entries that are not those of tensors.
    (#"{"x":{"dtype":"U7","shape":[1],"data_offsets":[0,1]}}"#, 1),
    (#"{"x":{"dtype":"U8","shape":[1]}}"#, 1),
    (#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"more":1}}"#, 1),
    (#"{"x":[1]}"#, 0),
    (#"{"__metadata__":{"a":1}}"#, 0),
    (#"{"__metadata__":[]}"#, 0),
    // Headers that are no objects.
    ("[]", 0), ("{", 0), (#"{"x":1,"x":1}"#, 0),
  ])
  func brokenRules(header: String, contentByteCount: Int) {
    let error = #expect(throws: MRDLError.self) {
      try open(file(header, contentByteCount: contentByteCount))
    }
    #expect(error?.code == .badSafetensors)
  }

  @Test(arguments: [3, 100, 100_000_001, UInt64.max])
  func headersOfTheWrongLength(byteCount: UInt64) {
    let error = #expect(throws: MRDLError.self) {
      try open(file("{}", statedByteCount: byteCount))
    }
    #expect(error?.code == .badSafetensors)
  }

  @Test func truthValuesAreChecked() throws {
    let model = try open(
      file(#"{"b":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}"#, contentByteCount: 1))
    #expect(try model.tensors["b"]?.load().elements(as: Bool.self) == [false])
  }
}
