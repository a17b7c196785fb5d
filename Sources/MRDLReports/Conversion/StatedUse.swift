package import MRDLCore
package import MRDLInterchange
package import MRDLModel
internal import MRDLRuntime

/// What a caller of a conversion knows of the use of a model and the file does not say: how a picture
/// becomes its input, and what its classes are called.
package struct StatedUse: Sendable {
  private let pictures: PictureOptions
  private let labels: [String]?

  package init(pictures: PictureOptions, labels: [String]?) {
    self.pictures = pictures
    self.labels = labels
  }

  /// Stores it in a model and says so in the log.
  ///
  /// - Throws: `MRDL4001` or `MRDL4003` where the model takes no pictures or has not so many classes.
  package func add(to model: inout Model, log: ConversionLog) throws(MRDLError) {
    if !pictures.isEmpty {
      let input = try PictureInput(model, options: pictures)
      let preprocessing = Preprocessing.image(input.preprocessing)
      model.preprocessing[input.modelInputName] = preprocessing
      log.add(
        .added, "preprocessing of input \"\(input.modelInputName)\"",
        ModelSummary.line(preprocessing))
    }
    if let labels {
      for output in try model.setLabels(labels) {
        log.add(
          .added, "meaning of output \"\(output)\"",
          model.meanings[output].map { ModelSummary.line($0) } ?? "")
      }
    }
  }
}
