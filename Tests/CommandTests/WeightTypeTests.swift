import MRDLCore
import Testing

/// `mrdl-convert --dtype`, and `mrdl-infer --precision`.
struct WeightTypeTests {
  @Test(arguments: ["f16", "bf16", "i8"]) func weightsAlone(type: String) throws {
    let work = try TemporaryDirectory()
    let model = try SampleModel.write(to: work)
    let output = work.path("small.mrdl")
    let outcome = try Tool.convert.run([model, output, "--dtype", type, "--format", "json"])
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("\"dtype\": \"\(type)\""))
    #expect(outcome.output.contains("\"calibration\": null"))
    #expect(try Tool.validate.run([output]).exitCode == 0)
    let picture = try SampleModel.picture(255, to: work.path("bright.png"))
    let answer = try Tool.infer.run([output, picture, "--top", "1", "--format", "csv"])
    #expect(answer.output.contains("bright"))
  }

  @Test func calibrated() throws {
    let work = try TemporaryDirectory()
    let model = try SampleModel.write(to: work)
    let pictures = work.path("pictures")
    try FileSystem.createDirectory(pictures)
    for shade in stride(from: UInt8(0), through: 250, by: 25) {
      _ = try SampleModel.picture(shade, to: "\(pictures)/\(shade).png")
    }
    let output = work.path("integers.mrdl")
    let outcome = try Tool.convert.run([model, output, "--dtype", "i8", "--calibrate", pictures])
    try #require(outcome.exitCode == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("1 layer in whole numbers"))
    #expect(outcome.output.contains("same first answer 100.00 %"))
    #expect(try Tool.validate.run([output]).exitCode == 0)
    let profile = try Tool.infer.run([output, "\(pictures)/250.png", "--profile"])
    #expect(profile.output.contains("bright"))
    #expect(profile.errors.contains("integers"))
  }

  @Test func misuse() throws {
    let work = try TemporaryDirectory()
    let model = try SampleModel.write(to: work)
    let output = work.path("out.mrdl")
    for (arguments, code) in [
      (["--calibrate", work.path("nothing")], 64), (["--dtype", "i4"], 64),
      (["--dtype", "f16", "--ranges", "mse"], 64),
      (["--dtype", "i8", "--calibrate", work.path("nothing.npz")], 66),
      (["--dtype", "f16", "--to", "keras"], 64), (["--dtype", "i8", "--to", "safetensors"], 64),
    ] {
      let outcome = try Tool.convert.run([model, output] + arguments)
      #expect(outcome.exitCode == Int32(code), "\(arguments): \(outcome.errors)")
      #expect(FileSystem.kind(of: output) == nil)
    }
  }

  @Test func precision() throws {
    let work = try TemporaryDirectory()
    let model = try SampleModel.write(to: work)
    let picture = try SampleModel.picture(255, to: work.path("bright.png"))
    let outcome = try Tool.infer.run([model, picture, "--precision", "bf16", "--profile"])
    #expect(outcome.exitCode == 0)
    #expect(outcome.output.contains("bright"))
    // Either the processor has the instructions, or it is said that it lacks them.
    #expect(outcome.errors.contains("bfloat16") != outcome.errors.contains("f32 is used"))
  }
}
