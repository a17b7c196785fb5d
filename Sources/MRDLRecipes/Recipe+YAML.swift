internal import MRDLYAML

extension Recipe {
  /// The recipe with every default written out, in YAML.
  package var yaml: String { YAMLWriter.text(encoded) }
}
