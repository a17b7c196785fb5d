import ArgumentParser
import MRDLHDF5Writing

/// How an `.h5` output stores its tensors.
struct StorageOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Store tensors of an .h5 file in chunks of at most this many bytes.", valueName: "bytes"))
  var chunk: Int?

  @Flag(help: "Shuffle the bytes of chunks, which helps --deflate.")
  var shuffle = false

  @Option(help: ArgumentHelp("Deflate chunks of an .h5 file, 0 to 9.", valueName: "level"))
  var deflate: Int?

  @Flag(help: "Give chunks of an .h5 file a Fletcher-32 checksum.")
  var fletcher32 = false

  func validate() throws {
    if let chunk, !(1...HDF5WritingOptions.chunkByteCountLimit).contains(chunk) {
      throw ValidationError(
        "--chunk must be 1 to \(HDF5WritingOptions.chunkByteCountLimit) bytes.")
    }
    if let deflate, !(0...9).contains(deflate) {
      throw ValidationError("--deflate must be 0 to 9.")
    }
  }

  var options: HDF5WritingOptions {
    HDF5WritingOptions(
      chunkByteCount: chunk, shuffles: shuffle, deflateLevel: deflate, hasChecksums: fletcher32)
  }
}
