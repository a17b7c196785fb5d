/// The targets of Package.swift: the floors they stand on and what they declare to depend on.
struct Manifest {
  struct Target: Hashable {
    let name: String
    /// From the heading `// MARK: Floor 3: …` above it.
    let floor: Int
    /// Names of targets and products.
    let dependencies: [String]
  }

  let targets: [String: Target]
  let text: String

  /// Reads the text of Package.swift.
  init(_ text: String) {
    self.text = text
    var targets: [String: Target] = [:]
    let constants = Self.dependencyConstants(text)
    let floors = text.matches(of: #/\/\/ MARK: Floor (\d+)\b[^\n]*\n/#)
    let end = text.firstRange(of: "// MARK: Tests")?.lowerBound ?? text.endIndex
    for (index, heading) in floors.enumerated() {
      guard let floor = Int(heading.1) else { continue }
      let next = index + 1 < floors.count ? floors[index + 1].range.lowerBound : end
      let section = text[heading.range.upperBound..<next]
      let opening =
        #/(?:\.(?:target|systemLibrary|executableTarget)|library|tool)\(\s*(?:name:\s*)?"([^"]+)"/#
      for declaration in section.matches(of: opening) {
        let body = Self.argument(of: section[declaration.range.lowerBound...])
        let list = body.firstMatch(of: #/(?:on|dependencies):\s*\[([^\]]*)\]/#)?.1 ?? ""
        var dependencies = list.matches(of: #/"([^"]+)"/#).map { String($0.1) }
        let words = Set(list.matches(of: #/\b\w+\b/#).map { String($0.output) })
        dependencies += constants.compactMap { words.contains($0) ? $1 : nil }
        if body.hasPrefix("tool") { dependencies.append("ArgumentParser") }
        let name = String(declaration.1)
        targets[name] = Target(name: name, floor: floor, dependencies: dependencies)
      }
    }
    self.targets = targets
  }

  /// What a target is built from: its dependencies, theirs, and so on.
  func closure(of name: String) -> Set<String> {
    var found: Set<String> = []
    var open = [name]
    while let next = open.popLast() {
      if found.insert(next).inserted { open += targets[next]?.dependencies ?? [] }
    }
    return found
  }

  /// Constants such as `let argumentParser: Target.Dependency = .product(name: "ArgumentParser", …)`,
  /// from their names to the products.
  private static func dependencyConstants(_ text: String) -> [(name: String, product: String)] {
    text.matches(of: #/let (\w+): Target\.Dependency = \.product\(\s*name: "([^"]+)"/#).map {
      (String($0.1), String($0.2))
    }
  }

  /// A call up to the parenthesis that closes it.
  private static func argument(of text: Substring) -> Substring {
    var depth = 0
    for index in text.indices {
      if text[index] == "(" { depth += 1 }
      if text[index] == ")" {
        depth -= 1
        if depth == 0 { return text[...index] }
      }
    }
    return text
  }
}
