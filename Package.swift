// swift-tools-version: 6.2
import PackageDescription

// Targets stand on floors. A target may import only from floors below its own; `PackageLayeringTests`
// reads every import in Sources/ and fails on one that points up, sideways or is not declared here.

let strict: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

/// A library of this package: Swift code on the floors 1 to 6.
func library(_ name: String, on dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name,
    dependencies: dependencies,
    swiftSettings: strict,
    linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))])
}

/// One of the five commands.
func tool(_ name: String, on dependencies: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name, dependencies: dependencies + [argumentParser], swiftSettings: strict)
}

func tests(_ name: String, of dependencies: [Target.Dependency], resources: [Resource] = [])
  -> Target
{
  .testTarget(
    name: name, dependencies: dependencies, exclude: [], resources: resources, swiftSettings: strict
  )
}

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser",
  condition: .when(traits: ["CommandLine"]))

let yams: Target.Dependency = .product(
  name: "Yams", package: "Yams", condition: .when(traits: ["CommandLine"]))

let package = Package(
  name: "mrdl",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "MRDL", targets: ["MRDL"]),
    .library(name: "MRDLRuntime", targets: ["MRDLRuntime"]),
    .library(name: "MRDLFormat", targets: ["MRDLFormat"]),
    .library(name: "MRDLOperators", targets: ["MRDLOperators"]),
    .library(name: "MRDLInterchange", targets: ["MRDLInterchange"]),
    .library(name: "MRDLImages", targets: ["MRDLImages"]),
    .library(name: "MRDLTraining", targets: ["MRDLTraining"]),
    .executable(name: "mrdl-train", targets: ["mrdl-train"]),
    .executable(name: "mrdl-infer", targets: ["mrdl-infer"]),
    .executable(name: "mrdl-convert", targets: ["mrdl-convert"]),
    .executable(name: "mrdl-inspect", targets: ["mrdl-inspect"]),
    .executable(name: "mrdl-validate", targets: ["mrdl-validate"]),
  ],
  traits: [
    .trait(name: "CommandLine", description: "The five commands, which parse arguments."),
    .default(enabledTraits: ["CommandLine"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // MARK: Floor 0: C

    .target(name: "CMRDLKernels", cSettings: strictC),
    .target(name: "CMRDLSystem", cSettings: strictC),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]),

    // MARK: Floor 1: bytes, tensors, files

    library("MRDLCore", on: ["CMRDLKernels", "CMRDLSystem"]),

    // MARK: Floor 2: mathematics, the model, compression, YAML

    library("MRDLNumerics", on: ["MRDLCore", "CMRDLKernels", "CMRDLSystem"]),
    library("MRDLModel", on: ["MRDLCore"]),
    library("MRDLCompression", on: ["MRDLCore", "CZlib"]),
    library("MRDLYAML", on: ["MRDLCore", yams]),

    // MARK: Floor 3: operators, containers, images

    library("MRDLOperators", on: ["MRDLCore", "MRDLModel", "MRDLNumerics"]),
    library("MRDLFormat", on: ["MRDLCore", "MRDLModel"]),
    library("MRDLHDF5", on: ["MRDLCore", "MRDLModel", "MRDLCompression"]),
    library("MRDLImages", on: ["MRDLCore", "MRDLCompression"]),

    // MARK: Floor 4: the runtime, interchange, data

    library("MRDLRuntime", on: ["MRDLCore", "MRDLModel", "MRDLNumerics", "MRDLOperators"]),
    library(
      "MRDLInterchange",
      on: ["MRDLCore", "MRDLModel", "MRDLOperators", "MRDLFormat", "MRDLHDF5", "MRDLCompression"]),
    library("MRDLHDF5Writing", on: ["MRDLCore", "MRDLModel", "MRDLHDF5", "CHDF5"]),
    library("MRDLDatasets", on: ["MRDLCore", "MRDLModel", "MRDLImages", "MRDLCompression"]),
    library("MRDLMetrics", on: ["MRDLCore", "MRDLModel", "MRDLOperators"]),

    // MARK: Floor 5: learning, reports, the umbrella

    library(
      "MRDLTraining",
      on: [
        "MRDLCore", "MRDLModel", "MRDLNumerics", "MRDLOperators", "MRDLFormat", "MRDLRuntime",
        "MRDLMetrics", "CMRDLKernels",
      ]),
    library(
      "MRDLReports",
      on: [
        "MRDLCore", "MRDLModel", "MRDLOperators", "MRDLFormat", "MRDLHDF5", "MRDLImages",
        "MRDLRuntime", "MRDLInterchange", "MRDLMetrics",
      ]),
    library(
      "MRDLQuantization",
      on: [
        "MRDLCore", "MRDLModel", "MRDLOperators", "MRDLRuntime", "MRDLInterchange", "MRDLImages",
        "MRDLDatasets",
      ]),
    library("MRDL", on: ["MRDLCore", "MRDLModel", "MRDLFormat", "MRDLRuntime"]),
    library(
      "MRDLExport",
      on: [
        "MRDLCore", "MRDLModel", "MRDLOperators", "MRDLFormat", "MRDLHDF5", "MRDLHDF5Writing",
        "MRDLCompression", "MRDLInterchange",
      ]),

    // MARK: Floor 6: recipes, the manner of the commands

    library(
      "MRDLRecipes",
      on: [
        "MRDLCore", "MRDLModel", "MRDLNumerics", "MRDLOperators", "MRDLImages",
        "MRDLRuntime", "MRDLDatasets", "MRDLInterchange", "MRDLMetrics", "MRDLTraining", "MRDLYAML",
      ]),
    library(
      "MRDLCommandLine",
      on: ["MRDLCore", "MRDLModel", "CMRDLKernels", "CMRDLSystem", argumentParser]),

    // MARK: Floor 7: the commands

    tool(
      "mrdl-train",
      on: [
        "MRDLCore", "MRDLModel", "MRDLNumerics", "MRDLFormat", "MRDLHDF5", "MRDLHDF5Writing",
        "MRDLRuntime",
        "MRDLDatasets", "MRDLMetrics", "MRDLTraining", "MRDLReports", "MRDLRecipes",
        "MRDLCommandLine",
      ]),
    tool(
      "mrdl-infer",
      on: [
        "MRDLCore", "MRDLModel", "MRDLImages", "MRDLNumerics", "MRDLRuntime", "MRDLInterchange",
        "MRDLDatasets", "MRDLMetrics", "MRDLReports", "MRDLCommandLine",
      ]),
    tool(
      "mrdl-convert",
      on: [
        "MRDLCore", "MRDLModel", "MRDLHDF5Writing", "MRDLRuntime", "MRDLInterchange", "MRDLExport",
        "MRDLQuantization", "MRDLReports", "MRDLCommandLine",
      ]),
    tool(
      "mrdl-inspect",
      on: [
        "MRDLCore", "MRDLModel", "MRDLRuntime", "MRDLInterchange", "MRDLReports", "MRDLCommandLine",
      ]),
    tool(
      "mrdl-validate",
      on: [
        "MRDLCore", "MRDLModel", "MRDLRuntime", "MRDLInterchange", "MRDLReports", "MRDLCommandLine",
      ]),

    // MARK: Tests

    .target(
      name: "TestDirectories", path: "Tests/TestDirectories", swiftSettings: strict),
    .target(
      name: "SampleModels", dependencies: ["MRDLModel", "MRDLCore"], path: "Tests/SampleModels",
      swiftSettings: strict),
    tests("MRDLCompressionTests", of: ["MRDLCompression", "MRDLCore"]),
    tests("MRDLCoreTests", of: ["MRDLCore", "TestDirectories"]),
    tests(
      "MRDLFormatTests",
      of: ["MRDLFormat", "MRDLModel", "MRDLCore", "TestDirectories", "SampleModels"],
      resources: [.copy("Fixtures")]),
    tests(
      "MRDLHDF5Tests", of: ["MRDLHDF5", "MRDLModel", "MRDLCore"], resources: [.copy("Fixtures")]),
    tests(
      "MRDLHDF5WritingTests",
      of: [
        "MRDLHDF5Writing", "MRDLHDF5", "MRDLModel", "MRDLCore", "TestDirectories", "SampleModels",
      ]),
    tests(
      "MRDLImagesTests", of: ["MRDLImages", "MRDLCompression", "MRDLCore", "TestDirectories"]),
    tests(
      "MRDLInterchangeTests",
      of: [
        "MRDLInterchange", "MRDLFormat", "MRDLCompression", "MRDLModel", "MRDLCore",
        "TestDirectories",
      ]),
    tests(
      "MRDLExportTests",
      of: [
        "MRDLExport", "MRDLInterchange", "MRDLRuntime", "MRDLOperators", "MRDLModel", "MRDLCore",
        "TestDirectories",
      ]),
    tests("MRDLYAMLTests", of: ["MRDLYAML", "MRDLCore"]),
    tests("MRDLRecipesTests", of: ["MRDLRecipes", "MRDLCore"]),
    tests("MRDLModelTests", of: ["MRDLModel", "MRDLCore"]),
    tests(
      "MRDLDatasetsTests", of: ["MRDLDatasets", "MRDLCompression", "MRDLModel", "MRDLCore"]),
    tests("MRDLNumericsTests", of: ["MRDLNumerics", "MRDLCore", "CMRDLKernels", "CMRDLSystem"]),
    .target(name: "CAllocationCounter", path: "Tests/CAllocationCounter", cSettings: strictC),
    tests(
      "MRDLOperatorsTests", of: ["MRDLOperators", "MRDLNumerics", "MRDLModel", "MRDLCore"]),
    tests(
      "MRDLRuntimeTests",
      of: [
        "MRDLRuntime", "MRDLOperators", "MRDLNumerics", "MRDLModel", "MRDLCore",
        "SampleModels", "CAllocationCounter",
      ]),
    .executableTarget(
      name: "fuzz-readers",
      dependencies: [
        "MRDLRuntime", "MRDLInterchange", "MRDLImages", "MRDLHDF5", "MRDLOperators",
        "MRDLCompression", "MRDLModel", "MRDLNumerics", "MRDLCore",
      ], path: "Tests/ReaderFuzzing", swiftSettings: strict),
    .executableTarget(
      name: "soak",
      dependencies: [
        "MRDLRuntime", "MRDLOperators", "MRDLFormat", "MRDLModel", "MRDLNumerics", "MRDLCore",
      ], path: "Tests/Soak", exclude: ["thread-sanitizer.supp"], swiftSettings: strict),
    .executableTarget(
      name: "measure-elementary-functions",
      dependencies: ["MRDLNumerics", "MRDLCore", "CMRDLKernels"],
      path: "Tests/ElementaryFunctions", swiftSettings: strict),
    tests(
      "MRDLQuantizationTests",
      of: [
        "MRDLQuantization", "MRDLRuntime", "MRDLOperators", "MRDLModel", "MRDLCore",
        "TestDirectories",
      ]),
    tests(
      "MRDLReportsTests",
      of: [
        "MRDLReports", "MRDLRuntime", "MRDLInterchange", "MRDLImages", "MRDLMetrics", "MRDLModel",
        "MRDLCore", "SampleModels",
      ]),
    tests("PackageTests", of: ["MRDLOperators", "MRDLCore"]),
    tests(
      "EmbeddingTests", of: ["MRDL", "MRDLOperators", "MRDLInterchange", "MRDLImages", "MRDLModel"]),
    tests(
      "CommandTests",
      of: [
        "MRDLCore", "MRDLModel", "MRDLFormat", "MRDLImages", "MRDLRuntime", "MRDLInterchange",
      ]),
    tests(
      "MRDLTrainingTests",
      of: [
        "MRDLTraining", "MRDLMetrics", "MRDLRuntime", "MRDLFormat", "MRDLOperators",
        "MRDLNumerics", "MRDLModel", "MRDLCore", "TestDirectories", "CMRDLKernels",
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .gnu11
)
