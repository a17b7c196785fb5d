import MRDLCore
import MRDLDatasets
import MRDLModel

extension Runner {
  /// How a row of a table becomes the input, where the model takes rows and nothing else.
  var rowFeatures: FeaturePreprocessing? {
    guard let input = try? freeInput(),
      case .features(let features)? = model.preprocessing[input.name]
    else { return nil }
    return features
  }

  /// Rows of a table, as one batch.
  func rows(
    _ rows: some Collection<Int>, of table: TableFeatures, _ path: String
  ) throws(MRDLError) -> Sample {
    let numbers: Tensor
    do throws(MRDLError) {
      numbers = try table.inputs(rows)
    } catch {
      throw error.inFile(path)
    }
    let isDouble = try freeInput().scalarType == .float64
    let tensor =
      isDouble
      ? numbers : Tensor(numbers.elements(as: Double.self).map { Float($0) }, shape: numbers.shape)
    return Sample(path: path, tensor: tensor, isPicture: false)
  }

  /// Samples of the same shape one after the other.
  static func joined(_ tensors: [Tensor]) -> Tensor {
    guard let first = tensors.first, tensors.count > 1 else { return tensors[0] }
    var joined = Tensor(
      zeros: Shape([tensors.count] + first.shape.dimensions.dropFirst()),
      scalarType: first.scalarType)
    joined.withUnsafeMutableBytes { target in
      for (index, tensor) in tensors.enumerated() {
        tensor.withUnsafeBytes { source in
          UnsafeMutableRawBufferPointer(rebasing: target[(index * source.count)...])
            .copyMemory(from: source)
        }
      }
    }
    return joined
  }
}

extension Runner.Result {
  /// What was said of the first samples; those behind them did no more than fill a batch.
  func keeping(_ kept: Int, of count: Int) -> Self {
    let outputs = outputs.map { name, value -> (name: String, value: GraphValue) in
      guard case .tensor(let tensor) = value, tensor.shape.dimensions.first == count else {
        return (name, value)
      }
      var part = Tensor(
        zeros: Shape([kept] + tensor.shape.dimensions.dropFirst()), scalarType: tensor.scalarType)
      part.withUnsafeMutableBytes { target in
        tensor.withUnsafeBytes { source in
          target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(target.count)))
        }
      }
      return (name, .tensor(part))
    }
    return Runner.Result(outputs: outputs, sampleCount: kept, profile: profile)
  }
}
