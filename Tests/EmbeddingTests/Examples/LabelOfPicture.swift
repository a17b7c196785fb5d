import MRDL
import MRDLImages
import MRDLInterchange

/// The likeliest class of the picture in a file, by a model of any format that is read.
func label(ofPictureAt picturePath: String, byModelAt modelPath: String) throws -> String? {
  let input = try PictureInput(try ModelFile.open(modelPath))
  let picture = try ImageDecoder.decode(file: picturePath)
  try input.check(width: picture.width, height: picture.height)
  let colors = input.preprocessing.colorSpace
  let pixels = picture.converted(to: colors == .grey ? .grey : .rgb)
    .floatSamples(reversingChannels: colors == .bgr)
  var session = Session(try Program(input.model))
  let outputs = try session.run([
    input.inputName: pixels.reshaped(Shape([1] + pixels.shape.dimensions))
  ])
  guard let (name, scores) = outputs.first else { return nil }
  return try Answer.answers(in: scores, meaning: input.model.meanings[name])
    .first?.entries.first?.label
}
