extension FindingCode {
  public static let truncatedHDF5 = FindingCode(
    2001, .badData, "an HDF5 structure reaches past the end of the file",
    remedy: "Copy or download the file again.")
  public static let badHDF5 = FindingCode(
    2002, .badData, "an HDF5 structure has an impossible value",
    remedy: "The file is damaged: copy it again.")
  public static let unsupportedHDF5 = FindingCode(
    2003, .badData, "an HDF5 feature is outside what this reader takes",
    remedy: "Write the file again without the feature, for example with h5repack.")
  public static let missingHDF5Object = FindingCode(
    2004, .badData, "an HDF5 object or attribute is missing", remedy: "Check the path.")
  public static let badHDF5Checksum = FindingCode(
    2005, .badData, "an HDF5 checksum does not match",
    remedy: "The file is damaged: copy it again.")
  public static let hdf5WriteFailed = FindingCode(
    2006, .inputOutput, "libhdf5 reported an error while writing",
    remedy: "Check that the disk has room.")
  public static let badHDF5Container = FindingCode(
    2007, .badData, "a part of an .h5 model is not as the format describes it",
    remedy: "The file was not written by a conforming writer.")
  public static let strayHDF5Object = FindingCode(
    2008, .badData, "an object among the tensors of an .h5 model is not named by its header",
    remedy: "Write the file again, or remove the object: readers ignore it.")

  static let hdf5Codes: [FindingCode] = [
    truncatedHDF5, badHDF5, unsupportedHDF5, missingHDF5Object, badHDF5Checksum, hdf5WriteFailed,
    badHDF5Container, strayHDF5Object,
  ]
}
