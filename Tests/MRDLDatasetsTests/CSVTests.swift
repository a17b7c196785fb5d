import MRDLCore
import MRDLDatasets
import MRDLModel
import Testing

struct CSVTests {
  private func table(_ text: String, _ options: CSVOptions = CSVOptions()) throws -> Table {
    try Array(text.utf8).withUnsafeBytes {
      try CSV.parse($0, name: "t", options: options)
    }
  }

  @Test(arguments: [
    "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4", "\u{FEFF}a;b\n1;2\n\n3;4", "'a' 'b'\n 1  2 \n3 4\n",
    "\"a\"\t\"b\"\n1\t2\n# no row\n3\t4\n",
  ])
  func dialectsAreTold(_ text: String) throws {
    let table = try table(text)
    #expect(table.columnNames == ["a", "b"])
    #expect(table.rowCount == 2)
    #expect(try table.number(row: 1, column: 0) == 3)
    #expect(try table.number(row: 0, column: 1) == 2)
  }

  @Test func quotationMarksProtect() throws {
    let table = try table("a,b\n\"x, \"\"y\"\"\nz\",1\n")
    #expect(table.word(row: 0, column: 0) == "x, \"y\"\nz")
  }

  @Test func aLineOfCountsNamesTheClasses() throws {
    let table = try table("3,2,yes,no\n1,2,0\n3,4,1\n5,6,1\n")
    #expect(table.classNames == ["yes", "no"])
    #expect(table.columnNames == ["x1", "x2", "target"])
    #expect(table.rowCount == 3)
  }

  @Test func numbersAloneAreNoHeader() throws {
    let table = try table("8,chevrolet,18\n4,ford,20\n")
    #expect(table.columnNames == ["x1", "x2", "x3"])
    #expect(table.rowCount == 2)
    #expect(table.words(column: 0, rows: 0..<2) == ["4", "8"])
  }

  @Test func linesOfOtherLengthsAreRefusedWithTheirLine() throws {
    let error = try #require(throws: MRDLError.self) { try table("a,b\n1,2\n\n3\n") }
    #expect(error.place.line == 4)
    #expect(error.code == .badDataset)
    #expect(throws: MRDLError.self) { try table("") }
    #expect(throws: MRDLError.self) { try table("a,a\n1,2\n") }
  }

  @Test func featuresAreNumbersWordsAndLags() throws {
    let table = try table("t,c,n=1\n1,red,5\n,blue,6\n3,?,7\n")
    let features = try TableFeatures(
      FeaturePreprocessing(
        names: ["t", "t=", "c=red", "c=", "n=1", "t@-1"], mean: [2, 0, 0, 0, 0, 4],
        standardDeviation: [0.5, 1, 1, 1, 1, 2]), of: table)
    #expect(features.rows == 1..<3)
    #expect(
      try features.inputs(1..<3).elements(as: Double.self)
        == [0, 1, 0, 0, 6, -1.5, 2, 0, 0, 1, 7, 0])
    #expect(throws: MRDLError.self) { try TableFeature("u=red", of: table) }
    #expect(throws: MRDLError.self) { try TableFeature("c", of: table).value(of: table, row: 0) }
  }
}
