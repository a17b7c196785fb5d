import MRDLCore
import MRDLOperators
import Testing

/// One operator, one name, two rooms: the folders and the operator set say the same.
struct OperatorFolderTests {
  /// From the name of an operator, or of any other file, to the family that its file lies in.
  private func files(below directory: String, dropping suffix: String = "") throws
    -> [String: String]
  {
    var families: [String: String] = [:]
    for path in try SourceTree.files(below: directory, suffixes: ["swift"]) {
      let stem = FileSystem.stem(of: path)
      guard stem.hasSuffix(suffix) else { continue }
      families[String(stem.dropLast(suffix.count))] = FileSystem.name(
        of: FileSystem.directory(of: path))
    }
    return families
  }

  @Test func everyOperatorHasItsFile() throws {
    let files = try files(below: "Sources/MRDLOperators")
    for name in OperatorSet.standard.names {
      let bare = name.split(separator: ".").last.map(String.init) ?? name
      #expect(files[bare] != nil, "\(name) has no file \(bare).swift of its own")
    }
  }

  @Test func everyOperatorStandsInTheSet() throws {
    let names = Set(
      OperatorSet.standard.names.map { $0.split(separator: ".").last.map(String.init) ?? $0 })
    for path in try SourceTree.files(below: "Sources/MRDLOperators", suffixes: ["swift"]) {
      let code = SwiftSource(try SourceTree.text(path)).code
      for declaration in code.matches(of: #/\bstruct (\w+)\s*:\s*(?:\w+,\s*)*Operator\b/#) {
        #expect(
          names.contains(String(declaration.1)),
          "\(path) declares the operator \(declaration.1), which OperatorSet.standard lacks")
      }
    }
  }

  @Test func gradientsLieInTheFamilyOfTheirOperator() throws {
    let directory = "Sources/MRDLTraining/Gradients"
    guard FileSystem.kind(of: FileSystem.join(SourceTree.root, directory)) == .directory else {
      return
    }
    let operators = try files(below: "Sources/MRDLOperators")
    for (name, family) in try files(below: directory, dropping: "+Gradient") {
      #expect(operators[name] == family, "\(name)+Gradient.swift lies in \(family)")
    }
  }
}
