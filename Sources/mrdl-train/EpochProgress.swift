import MRDLCommandLine
import MRDLCore
import MRDLModel
import MRDLTraining

/// Tells on standard error how training goes: a bar where a person looks, and one line an epoch.
struct EpochProgress {
  let epochCount: Int
  let sampleCount: Int
  private var bar: ProgressBar?
  private var start = Clock.monotonicNanoseconds
  private var lastLine: UInt64 = 0

  init(epochCount: Int, sampleCount: Int) {
    self.epochCount = epochCount
    self.sampleCount = sampleCount
  }

  mutating func show(_ progress: TrainingProgress) throws(MRDLError) {
    switch progress {
    case .step(let epoch, let seen, let loss):
      var current = bar ?? ProgressBar("epoch \(epoch)/\(epochCount)", total: sampleCount)
      current.update(completed: seen, detail: "loss \(Quantity.fixed(loss, digits: 4))")
      bar = current
    case .checkpoint(let path):
      bar?.finish()
      bar = nil
      try StandardStream.error.write("checkpoint \(path.escapedForDisplay)\n")
    case .epoch(let record):
      bar?.finish()
      bar = nil
      let now = Clock.monotonicNanoseconds
      let seconds = Double(now - start) / 1e9
      start = now
      // A thousand short epochs are not a thousand lines.
      let isDue = epochCount <= 100 || now - lastLine > 500_000_000 || record.epoch == epochCount
      guard isDue else { return }
      lastLine = now
      var line = "epoch \(record.epoch)/\(epochCount)"
      for (name, value) in record.values.sorted(by: { $0.key < $1.key }) {
        line +=
          "  \(name.split(separator: "_").joined(separator: " ")) "
          + Quantity.fixed(value, digits: 4)
      }
      line += "  \(Quantity.short(Int(Double(sampleCount) / max(seconds, 1e-9)))) samples/s\n"
      try StandardStream.error.write(line)
    }
  }
}
