package import MRDLCore

/// An operator that the passes of a program make; no file can name it, and it has no attributes that a file
/// could hold.
package protocol ProgramOperator: Operator {}

extension ProgramOperator {
  /// - Throws: `MRDL1206`, always.
  package init(attributes: inout AttributeReader) throws(MRDLError) {
    throw attributes.missing("operator")
  }
}
