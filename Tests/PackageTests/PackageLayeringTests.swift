import MRDLCore
import Testing

/// A target may import only what it declares, and only from floors below its own.
struct PackageLayeringTests {
  let manifest: Manifest

  init() throws { manifest = Manifest(try SourceTree.text("Package.swift")) }

  /// Modules that come with the toolchain, and the targets that may import them; nil for all.
  static let systemModules: [String: Set<String>?] = [
    "Swift": nil,
    "Synchronization": nil,
    "Glibc": ["MRDLCore"],
    "Musl": ["MRDLCore"],
    "Darwin": ["MRDLCore"],
  ]

  @Test func everyTargetStandsOnAFloor() throws {
    #expect(Set(try SourceTree.targetDirectories()) == Set(manifest.targets.keys))
    #expect(Set(manifest.targets.values.map(\.floor)) == Set(0...7))
  }

  @Test func dependenciesPointDown() {
    for target in manifest.targets.values {
      for dependency in target.dependencies {
        guard let other = manifest.targets[dependency] else { continue }
        #expect(
          other.floor < target.floor,
          "\(target.name) on floor \(target.floor) depends on \(dependency) on floor \(other.floor)"
        )
      }
    }
  }

  @Test func importsAreDeclaredAndPointDown() throws {
    var importCount = 0
    for path in try SourceTree.files(below: "Sources", suffixes: ["swift"]) {
      let name = String(path.split(separator: "/")[1])
      let target = try #require(manifest.targets[name], "\(path) belongs to no target")
      for statement in SwiftSource(try SourceTree.text(path)).imports {
        importCount += 1
        let place = "\(path):\(statement.line): import \(statement.module)"
        #expect(!statement.isTestable, "\(place) is testable")
        if let permitted = Self.systemModules[statement.module] {
          #expect(permitted?.contains(name) ?? true, "\(place) is not for \(name)")
          continue
        }
        #expect(target.dependencies.contains(statement.module), "\(place) is not declared")
        if let imported = manifest.targets[statement.module] {
          #expect(imported.floor < target.floor, "\(place) points up or sideways")
        }
      }
    }
    #expect(importCount > 100)
  }

  @Test func cIncludesStayInside() throws {
    for path in try SourceTree.files(below: "Sources", suffixes: ["c", "h"]) {
      let parts = path.split(separator: "/")
      let target = "Sources/\(parts[1])"
      for include in try SourceTree.text(path).matches(of: #/(?m)^\s*#\s*include\s+"([^"]+)"/#) {
        let candidates = [FileSystem.directory(of: path), target, target + "/include"]
        #expect(
          candidates.contains { candidate in
            let found = FileSystem.join(SourceTree.root, "\(candidate)/\(include.1)")
            return FileSystem.kind(of: found) == .file && Self.stays(candidate, include.1, target)
          }, "\(path) includes \(include.1), which is not a file of its target")
      }
    }
  }

  /// Whether `directory/name` lies below `target` after its `..` are resolved.
  private static func stays(_ directory: String, _ name: Substring, _ target: String) -> Bool {
    var parts: [Substring] = []
    for part in "\(directory)/\(name)".split(separator: "/") where part != "." {
      if part == ".." {
        if parts.popLast() == nil { return false }
      } else {
        parts.append(part)
      }
    }
    return parts.joined(separator: "/").hasPrefix(target + "/")
  }

  @Test(arguments: ["MRDL", "MRDLRuntime", "MRDLFormat", "MRDLTraining"])
  func productsLinkNothingButTheStandardLibrary(product: String) {
    let parts = manifest.closure(of: product)
    #expect(parts.contains("MRDLCore"))
    #expect(parts.isDisjoint(with: ["CHDF5", "CZlib", "ArgumentParser", "Yams"]), "\(parts)")
    if product != "MRDLTraining" { #expect(!parts.contains("MRDLTraining")) }
  }

  @Test func onlyTheWriterLinksLibHDF5() {
    let direct = manifest.targets.values.filter { $0.dependencies.contains("CHDF5") }
    #expect(direct.map(\.name) == ["MRDLHDF5Writing"])
    let tools = manifest.targets.values.filter { $0.floor == 7 }
    let linking = tools.filter { manifest.closure(of: $0.name).contains("CHDF5") }
    #expect(Set(linking.map(\.name)) == ["mrdl-train", "mrdl-convert"])
    let training = tools.filter { manifest.closure(of: $0.name).contains("MRDLTraining") }
    #expect(training.map(\.name) == ["mrdl-train"])
  }

  @Test func onlyTheTrainerReadsYAML() {
    let direct = manifest.targets.values.filter { $0.dependencies.contains("Yams") }
    #expect(direct.map(\.name) == ["MRDLYAML"])
    let linking = manifest.targets.values.filter {
      manifest.closure(of: $0.name).contains("Yams")
    }
    #expect(Set(linking.map(\.name)) == ["MRDLYAML", "MRDLRecipes", "mrdl-train"])
  }

  @Test func packageCanBeADependency() {
    #expect(!manifest.text.contains("unsafeFlags"))
  }
}
