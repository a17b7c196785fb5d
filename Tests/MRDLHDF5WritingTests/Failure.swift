import MRDLCore
import Testing

/// The error that `body` throws, or nil where it throws none.
func failure<Result>(of body: () throws -> Result) -> MRDLError? {
  do {
    _ = try body()
    return nil
  } catch {
    guard let failure = error as? MRDLError else {
      Issue.record(error)
      return nil
    }
    return failure
  }
}
