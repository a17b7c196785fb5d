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
}

extension Runner.Result {
  /// What was said of the first samples; those behind them did no more than fill a batch.
  func keeping(_ kept: Int, of count: Int) -> Self {
    let outputs = outputs.map { name, value -> (name: String, value: GraphValue) in
      guard case .tensor(let tensor) = value, tensor.shape.dimensions.first == count else {
        return (name, value)
      }
      return (name, .tensor(tensor.rows(0..<kept)))
    }
    return Runner.Result(outputs: outputs, sampleCount: kept, profile: profile)
  }
}
