import MRDLCore
import MRDLOperators
import Testing

/// One operator, one name, two rooms: the folders and the operator set say the same.
struct OperatorFolderTests {
  /// From the name of every operator that the sources declare to the families that declare it.
  private let families: [String: [String]]

  init() throws {
    var families: [String: [String]] = [:]
    for path in try SourceTree.files(below: "Sources/MRDLOperators", suffixes: ["swift"]) {
      let family = FileSystem.name(of: FileSystem.directory(of: path))
      // What programs make of operators: no file can name it.
      if family == "Blocked" || family == "Integers" { continue }
      let declarations = try SourceTree.text(path).matches(
        of: #/static (?:let|var) name(?:: String)? = "(\w+)"/#)
      for declaration in declarations {
        families[String(declaration.1), default: []].append(family)
      }
    }
    self.families = families
  }

  private func bare(_ name: String) -> String {
    name.split(separator: ".").last.map(String.init) ?? name
  }

  @Test func sourcesAndSetHaveTheSameOperators() {
    let declared = Set(families.keys)
    let inSet = Set(OperatorSet.standard.names.map(bare))
    #expect(declared.subtracting(inSet).isEmpty, "declared, but not in OperatorSet.standard")
    #expect(inSet.subtracting(declared).isEmpty, "in OperatorSet.standard, but not declared")
    #expect(inSet.count >= 20)
  }

  @Test func everyOperatorIsDeclaredOnceInAFamily() {
    for (name, families) in families {
      #expect(families.count == 1, "\(name) is declared in \(families)")
      #expect(!families.contains("Foundation") && !families.contains("MRDLOperators"), "\(name)")
    }
  }

  @Test func gradientsLieInTheFamilyOfTheirOperator() throws {
    let directory = "Sources/MRDLTraining/Gradients"
    guard FileSystem.kind(of: FileSystem.join(SourceTree.root, directory)) == .directory else {
      return
    }
    for path in try SourceTree.files(below: directory, suffixes: ["swift"]) {
      let stem = FileSystem.stem(of: path)
      guard stem.hasSuffix("+Gradient") else { continue }
      let name = String(stem.dropLast("+Gradient".count))
      guard let families = families[name] else { continue }
      let family = FileSystem.name(of: FileSystem.directory(of: path))
      #expect(families == [family], "\(path) belongs to \(families)")
    }
  }
}
