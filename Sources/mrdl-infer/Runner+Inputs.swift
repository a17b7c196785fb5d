import MRDLCore
import MRDLInterchange
import MRDLModel
import MRDLRuntime

extension Runner {
  /// Gives an input its value for all runs that follow.
  ///
  /// - Precondition: the model has such an input.
  func give(_ name: String, _ tensor: Tensor) { given[name] = .tensor(tensor) }

  /// Gives an input its value for all runs, or a sequence more elements.
  ///
  /// - Parameter path: an array, or an archive of arrays for a sequence; empty for nothing.
  func give(_ name: String, file path: String) throws(MRDLError) {
    guard let input = model.graph.inputs.first(where: { $0.name == name }) else {
      throw MRDLError(
        .unknownInput, "the model has no input of that name", found: "\"\(name)\"",
        expected: model.graph.inputs.map { "\"\($0.name)\"" }.joined(separator: ", "))
    }
    switch input.kind {
    case let kind where kind.isSequence:
      let before = given[name]?.tensors ?? []
      if path.isEmpty {
        given[name] = input.kind == .sequence ? .sequence(of: before) : .optional(nil)
      } else {
        given[name] = .sequence(of: before + (try Self.elements(path)))
      }
    case .optional where path.isEmpty: given[name] = .optional(nil)
    default:
      guard !path.isEmpty else {
        throw MRDLError(
          .missingInput, "an input that is a tensor cannot be left empty", found: "\(name)=",
          expected: "--input \(name)=FILE.npy")
      }
      given[name] = .tensor(try Self.array(path))
    }
  }

  /// The elements of a sequence: the arrays of an archive in its order, or one array.
  private static func elements(_ path: String) throws(MRDLError) -> [Tensor] {
    switch try ModelFile.format(of: path) {
    // An archive without arrays does not tell that it is one of arrays.
    case .npz, .zip: return try NPZ.read(path).map(\.tensor)
    default: return [try array(path)]
    }
  }

  /// Makes up the inputs that are not given.
  ///
  /// - Returns: for each whose size the model leaves open and `--size` does not tell, what it is and was made.
  func giveRandom(batch: Int) throws(MRDLError) -> [(input: ValueInfo, made: Shape)] {
    let missing = model.graph.inputs.filter { given[$0.name] == nil }
    let size = pictureOptions.size
    let values = try RandomInputs.values(
      for: missing, batch: batch, pixels: size.map { ($0.height, $0.width) })
    given.merge(values) { given, _ in given }
    return missing.compactMap { input in
      guard let shape = input.shape,
        shape.dimensions.dropFirst().contains(where: { $0.value == nil }),
        size == nil || shape.rank != 4, let made = values[input.name]?.tensors.first?.shape
      else { return nil }
      return (input, made)
    }
  }

  /// The first input that is given, which tells the size of the batch; nil where inputs are no tensors.
  var firstGiven: Tensor? {
    guard model.graph.inputs.allSatisfy({ $0.kind == .tensor }) else { return nil }
    return model.graph.inputs.lazy.compactMap { self.given[$0.name]?.tensors.first }.first
  }

  /// The array in a `.npy` file.
  static func array(_ path: String) throws(MRDLError) -> Tensor {
    let storage = try FileContent.map(path)
    guard storage.byteCount > 0 else {
      throw MRDLError(.emptyFile, "the file is empty", at: Place(file: path))
    }
    do throws(MRDLError) {
      return try NPY.decode(storage)
    } catch {
      throw error.inFile(path)
    }
  }
}
