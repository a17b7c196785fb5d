public import ArgumentParser
package import MRDLModel

extension PictureOptions.Rule: ExpressibleByArgument {}
extension PictureOptions.Size: ExpressibleByArgument {}
extension ImagePreprocessing.ColorSpace: ExpressibleByArgument {}
extension ImagePreprocessing.Layout: ExpressibleByArgument {}
extension ImagePreprocessing.Resize.Interpolation: ExpressibleByArgument {}

/// How pictures become the input of a model that does not say it, or other than it says.
package struct PictureArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How a picture gets the size of the input: N brings the shorter side to N pixels and cuts out the middle; \
      cover, contain or stretch.
      """, valueName: "rule"),
    transform: PictureOptions.Rule.expecting("a number of pixels, cover, contain or stretch"))
  var resize: PictureOptions.Rule?

  @Option(
    help: ArgumentHelp(
      "The size for --resize where the model leaves it open: WIDTHxHEIGHT, or one number.",
      valueName: "size"),
    transform: PictureOptions.Size.expecting("WIDTHxHEIGHT or one number of pixels"))
  var size: PictureOptions.Size?

  @Option(help: ArgumentHelp("How pixels are weighed in --resize.", valueName: "name"))
  var interpolation: ImagePreprocessing.Resize.Interpolation?

  @Flag(help: "Shrink by the pixels next to a point alone, not by all that fall together.")
  var noAntialias = false

  @Option(help: ArgumentHelp("The channels of the input and their order.", valueName: "name"))
  var colorSpace: ImagePreprocessing.ColorSpace?

  @Option(help: ArgumentHelp("The axes of the input and their order.", valueName: "name"))
  var layout: ImagePreprocessing.Layout?

  @Option(
    help: ArgumentHelp("Factor of each pixel, which runs from 0 to 255.", valueName: "number"))
  var scale: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Subtracted from scaled pixels, one number or one a channel.", valueName: "numbers"),
    transform: NumberList.expecting("numbers separated by commas"))
  var mean: NumberList?

  @Option(
    help: ArgumentHelp(
      "Divides pixels in the end, one number or one a channel.", valueName: "numbers"),
    transform: NumberList.expecting("numbers separated by commas"))
  var std: NumberList?

  package init() {}

  package func validate() throws {
    if let std, std.numbers.contains(0) { throw ValidationError("--std must not hold 0") }
    if let scale, !scale.isFinite { throw ValidationError("--scale must be a finite number") }
  }

  package var options: PictureOptions {
    var options = PictureOptions()
    options.rule = resize
    options.size = size
    options.interpolation = interpolation
    options.antialias = noAntialias ? false : nil
    options.colorSpace = colorSpace
    options.layout = layout
    options.scale = scale
    options.mean = mean?.numbers
    options.standardDeviation = std?.numbers
    return options
  }
}
