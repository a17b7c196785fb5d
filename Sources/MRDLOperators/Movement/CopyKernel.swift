package import MRDLCore
package import MRDLNumerics

/// Copies each input to its place in output 0.
package struct CopyKernel: Kernel {
  private let copies: [StridedCopy?]

  /// - Parameter copies: one for each input; nil for an input that gives nothing.
  package init(_ copies: [StridedCopy?]) { self.copies = copies }

  package func run(_ arguments: borrowing KernelArguments) throws(MRDLError) {
    guard let target = arguments.outputBytes(0).baseAddress else { return }
    for index in copies.indices {
      guard let copy = copies[index], let source = arguments.inputBytes(index).baseAddress else {
        continue
      }
      copy.run(source: source, target: target)
    }
  }
}
