import MRDLCore
import MRDLHDF5
import Testing

struct HDF5FileTests {
  static let integerTypes = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]

  @Test(arguments: Fixture.common)
  func numbersOfBothByteOrders(_ fixture: Fixture) throws {
    let numbers = try HDF5File(fixture.storage).root.group(path: "numbers")
    for order in ["le", "be"] {
      for type in Self.integerTypes {
        let tensor = try numbers.dataset(path: type + order).tensor()
        #expect(tensor.shape == [2, 3])
        #expect(integers(tensor) == [0, 1, 2, 3, 4, 5], "\(type)\(order)")
      }
      let halves: [Float] = [0, 0.5, 1, 1.5, 2, 2.5]
      let half = try numbers.dataset(path: "f2\(order)").tensor()
      #expect(half.elements(as: Half.self).map(\.float) == halves)
      let single = try numbers.dataset(path: "f4\(order)").tensor()
      #expect(single.elements(as: Float.self) == halves)
      let double = try numbers.dataset(path: "f8\(order)").tensor()
      #expect(double.elements(as: Double.self) == halves.map { Double($0) })
    }
  }

  @Test(arguments: Fixture.common)
  func otherDataSets(_ fixture: Fixture) throws {
    let root = try HDF5File(fixture.storage).root
    let flags = try root.dataset(path: "flags").tensor()
    #expect(flags.elements(as: Bool.self) == [false, true, false, true, false])
    #expect(try root.dataset(path: "text").strings() == ["Grüße"])
    #expect(try root.dataset(path: "texts").strings() == ["one", "", "three"])
    #expect(try root.dataset(path: "fixed").strings() == ["a", "bcd", ""])
    let scalar = try root.dataset(path: "scalar").tensor()
    #expect(scalar.shape == .scalar)
    #expect(scalar.elements(as: Double.self) == [0.5])
    let empty = try root.dataset(path: "empty").tensor()
    #expect(empty.shape == [0, 3])
    let unwritten = try root.dataset(path: "unwritten").tensor()
    #expect(unwritten.elements(as: Float.self) == [2.5, 2.5, 2.5, 2.5])
    let chunked = try root.dataset(path: "chunked")
    #expect(chunked.filters.map(\.name) == ["shuffle", "deflate", "fletcher32"])
    #expect(chunked.layoutDescription == "chunks of [2, 3]")
    #expect(integers(try chunked.tensor()) == Array(0..<77))
    #expect(integers(try root.dataset(path: "plain chunks").tensor()) == Array(0..<77))
  }

  @Test(arguments: Fixture.common)
  func attributes(_ fixture: Fixture) throws {
    let attributes = try HDF5File(fixture.storage).root.attributes
    #expect(
      attributes.names == ["bytes", "integer", "nothing", "numbers", "real", "text", "texts"])
    #expect(try attributes.required("text").string() == "Grüße")
    #expect(try attributes.required("bytes").string() == "fixed")
    #expect(try attributes.required("texts").strings() == ["a", "", "ccc"])
    #expect(try attributes.required("integer").integer() == -3)
    #expect(try attributes.required("real").doubles() == [2.5])
    #expect(try attributes.required("numbers").integers() == [0, 1, 2, 3, 4, 5])
    #expect(try attributes.required("numbers").tensor().shape == [2, 3])
    #expect(try attributes.required("nothing").dataspace.isNull)
    #expect(attributes["missing"] == nil)
    expectError(.missingHDF5Object) { try attributes.required("missing") }
    expectError(.badHDF5) { try attributes.required("texts").string() }
    expectError(.unsupportedHDF5) { try attributes.required("text").tensor() }
  }

  @Test(arguments: Fixture.common)
  func groupsAndLinks(_ fixture: Fixture) throws {
    let root = try HDF5File(fixture.storage).root
    let wide = try root.group(path: "wide")
    let names = (0..<30).map { "entry\($0)" }
    #expect(wide.names == names.sorted())
    for name in names {
      #expect(try wide.dataset(path: name).tensor().elements(as: Double.self) == [0.5])
    }
    #expect(root.link(named: "soft")?.target == .soft(path: "/scalar"))
    #expect(root.link(named: "external")?.target == .external(file: "other.h5", path: "/x"))
    expectError(.unsupportedHDF5, "soft link to \"/scalar\"") { try root.object(named: "soft") }
    expectError(.unsupportedHDF5, "external link") { try root.object(path: "/external") }
    expectError(.missingHDF5Object, "/wide/none") { try root.object(path: "wide/none") }
    expectError(.missingHDF5Object) { try root.object(path: "scalar/x") }
    expectError(.missingHDF5Object) { try root.dataset(path: "wide") }
    expectError(.missingHDF5Object) { try root.group(path: "scalar") }
    // A group that contains the root.
    let looped = try root.dataset(path: "numbers/loop/numbers/loop/scalar")
    #expect(looped.path == "/numbers/loop/numbers/loop/scalar")
    expectError(.unsupportedHDF5, "at most 64") {
      try root.object(path: Array(repeating: "numbers/loop", count: 40).joined(separator: "/"))
    }
    var paths: [String] = []
    try root.forEachDescendant { paths.append($0.path) }
    #expect(Set(paths).count == paths.count)
    #expect(paths.contains("/numbers/f8be"))
    #expect(!paths.contains { $0.hasPrefix("/numbers/loop") })
  }

  @Test func chunkIndexes() throws {
    let root = try HDF5File(Fixture("indexes").storage).root
    for name in [
      "single", "single filtered", "fixed", "fixed bounded", "extensible", "extensible bounded",
      "tree", "implicit",
    ] {
      let tensor = try root.dataset(path: name).tensor()
      #expect(tensor.shape == [7, 11])
      #expect(integers(tensor) == Array(0..<77), "\(name)")
    }
    #expect(integers(try root.dataset(path: "deep tree").tensor()) == Array(0..<300))
    #expect(integers(try root.dataset(path: "blocks").tensor()) == Array(0..<150))
    #expect(integers(try root.dataset(path: "shrunk").tensor()) == Array(0..<11))
  }

  @Test func pagesThatWereNeverWritten() throws {
    let tensor = try HDF5File(Fixture("paged").storage).root.dataset(path: "x").tensor()
    var expected = [UInt8](repeating: 7, count: 1100)
    expected.replaceSubrange(1030..<1033, with: [1, 2, 3])
    #expect(tensor.elements(as: UInt8.self) == expected)
  }

  @Test func edgesWithoutFilters() throws {
    let dataset = try HDF5File(Fixture("edges").storage).root.dataset(path: "x")
    #expect(dataset.filters.map(\.number) == [HDF5FilterPipeline.Filter.deflate])
    #expect(integers(try dataset.tensor()) == Array(0..<70))
  }

  @Test func denseGroupsAndAttributes() throws {
    let root = try HDF5File(Fixture("dense").storage).root
    let letters = "zyxwvutsrqponm".map { String($0) }
    #expect(root.attributes.names == letters + ["large"])
    for letter in letters { #expect(try root.attributes.required(letter).string() == letter) }
    #expect(try root.attributes.required("large").integers() == Array(0..<3000))
    #expect(root.names == ["links", "filtered"])
    let links = try root.group(path: "links")
    #expect(links.names == (0..<120).map { "a link of some length, number \(119 - $0)" })
    #expect(links.links.map(\.creationIndex) == (0..<120).map { Int64($0) })
    let filtered = try root.group(path: "filtered")
    #expect(filtered.names.count == 30)
    for index in 0..<30 {
      let link = filtered.link(named: "a link through a filter, number \(index)")
      #expect(link?.target == .soft(path: "/\(index)"))
    }
  }

  @Test(arguments: [
    ("compound", "compound of 2 members"), ("opaque", "opaque data of 7 bytes"),
    ("array", "array"), ("list", "list of variable length"), ("reference", "reference"),
    ("enumeration", "enumeration of 2 names"), ("lzf", "\"lzf\", number 32000"),
    ("scaled", "\"scaleoffset\", number 6"), ("elsewhere", "external files"),
    ("virtual", "virtual"), ("null", "null"),
  ])
  func refusedByName(_ name: String, _ reason: String) throws {
    let root = try HDF5File(Fixture("refused").storage).root
    let dataset = try root.dataset(path: name)
    expectError(.unsupportedHDF5, reason) { try dataset.tensor() }
    expectError(.unsupportedHDF5, "/\(name)") { try dataset.strings() }
    #expect(!dataset.isMappable)
  }

  @Test func refusedAttribute() throws {
    let attributes = try HDF5File(Fixture("refused").storage).root.attributes
    #expect(attributes.names == ["compound"])
    expectError(.unsupportedHDF5, "compound of 1 members") {
      try attributes.required("compound").tensor()
    }
  }

  @Test func sharedMessagesAreRefused() throws {
    let root = try HDF5File(Fixture("shared").storage).root
    #expect(root.names == ["x0", "x1", "x2"])
    // The first object keeps its messages to itself.
    #expect(try root.dataset(path: "x0").tensor().shape == [4, 5])
    for name in ["x1", "x2"] {
      expectError(.unsupportedHDF5, "heap of shared messages") { try root.dataset(path: name) }
    }
  }

  @Test func committedDatatype() throws {
    let root = try HDF5File(Fixture("committed").storage).root
    guard case .datatype(let datatype, _) = try root.object(named: "type") else {
      Issue.record("not a datatype")
      return
    }
    #expect(datatype.description == "f32, big-endian")
    let halves: [Float] = [0, 0.5, 1, 1.5, 2, 2.5]
    let dataset = try root.dataset(path: "x")
    #expect(try dataset.tensor().elements(as: Float.self) == halves)
    #expect(try dataset.attributes.required("y").tensor().elements(as: Float.self) == halves)
  }

  @Test func userBlocksAndMovedFiles() throws {
    let bytes = try Fixture("user-block").bytes
    let classic = try Fixture("classic").bytes
    #expect(HDF5File.isHDF5(Storage(bytes)))
    #expect(integers(try HDF5File(Storage(bytes)).root.dataset(path: "x").tensor()).count == 6)
    for size in [512, 1024, 4096] {
      let moved = Storage([UInt8](repeating: 0x20, count: size) + classic)
      let tensor = try HDF5File(moved).root.dataset(path: "chunked").tensor()
      #expect(integers(tensor) == Array(0..<77))
    }
    #expect(!HDF5File.isHDF5(Storage([UInt8](repeating: 0x20, count: 100) + classic)))
    expectError(.badHDF5) { try HDF5File(Storage([])) }
    expectError(.badHDF5) { try HDF5File(Storage(Array("a text".utf8))) }
  }

  @Test func unclosedFile() throws {
    let storage = try Fixture("unclosed").storage
    expectError(.unsupportedHDF5, "did not close") { try HDF5File(storage) }
  }

  @Test func smallOffsets() throws {
    let root = try HDF5File(Fixture("offsets").storage).root
    #expect(integers(try root.dataset(path: "x").tensor()) == Array(0..<6))
    #expect(integers(try root.dataset(path: "chunked").tensor()) == Array(0..<20))
    #expect(try root.dataset(path: "texts").strings() == ["one", "", "three"])
  }

  /// Contiguous native data is used in place exactly where it is aligned.
  @Test func mapping() throws {
    let bytes = try Fixture("classic").bytes
    var mapped = 0
    for shift in [0, 512] {
      let storage = Storage([UInt8](repeating: 0, count: shift) + bytes)
      let numbers = try HDF5File(storage).root.group(path: "numbers")
      for type in Self.integerTypes {
        let dataset = try numbers.dataset(path: "\(type)le")
        let tensor = try dataset.tensor()
        #expect((tensor.storage === storage) == dataset.isMappable)
        #expect(tensor.isAligned(toByteCount: Storage.alignment))
        mapped += dataset.isMappable ? 1 : 0
        let foreign = try numbers.dataset(path: "\(type)be").isMappable
        #expect(type.hasSuffix("1") || !foreign)
      }
    }
    #expect(mapped > 0)
  }

  @Test func limits() throws {
    let storage = try Fixture("classic").storage
    var limits = Limits()
    limits.hdf5ObjectCount = 20
    expectError(.badHDF5, "at most 20") {
      try HDF5File(storage, limits: limits).root.group(path: "wide")
    }
    limits = Limits()
    limits.hdf5UnstoredByteCount = 15
    let root = try HDF5File(storage, limits: limits).root
    expectError(.unsupportedHDF5, "16 bytes") { try root.dataset(path: "unwritten").tensor() }
    limits.hdf5ChunkCount = 10
    let chunked = try HDF5File(storage, limits: limits).root.dataset(path: "chunked")
    expectError(.unsupportedHDF5, "at most 10") { try chunked.tensor() }
  }
}
