import CHDF5
import MRDLCore

/// An HDF5 file that is being written.
///
/// Its structures are those of HDF5 1.8 at the latest and the oldest that hold the content; nothing of
/// them depends on the time of writing.
package struct HDF5Output: ~Copyable {
  private let file: hid_t

  /// Writes over the file at a path.
  package init(overwriting path: String) throws(MRDLError) {
    file = try HDF5Library.perform { () throws(MRDLError) in try Self.create(path) }
  }

  private static func create(_ path: String) throws(MRDLError) -> hid_t {
    let action = "set up a file"
    let access = try HDF5Library.identifier(H5Pcreate(mrdl_h5p_file_access()), action)
    try HDF5Library.check(
      H5Pset_libver_bounds(access.value, H5F_LIBVER_EARLIEST, H5F_LIBVER_V18), action)
    // Elements of a tensor can be mapped if they are aligned; smaller ones are as fast to copy, and
    // metadata stay close together.
    try HDF5Library.check(
      H5Pset_alignment(access.value, hsize_t(Storage.alignment), hsize_t(Storage.alignment)),
      action)
    let creation = try HDF5Library.identifier(H5Pcreate(mrdl_h5p_file_create()), action)
    try HDF5Library.check(H5Pset_obj_track_times(creation.value, false), action)
    let file = H5Fcreate(path, mrdl_h5f_truncate(), creation.value, access.value)
    guard file >= 0 else { throw HDF5Library.failure("create the file") }
    return file
  }

  deinit {
    let file = file
    HDF5Library.perform { _ = Self.finish(file) }
  }

  /// Writes everything that is held back and closes the file.
  package consuming func close() throws(MRDLError) {
    let file = file
    discard self
    try HDF5Library.perform { () throws(MRDLError) in
      try HDF5Library.check(Self.finish(file), "finish the file")
    }
  }

  /// Closes a file that can be written to its end. One that cannot stays open for good: closed half-way
  /// it would make later calls of the library crash.
  private static func finish(_ file: hid_t) -> herr_t {
    let status = H5Fflush(file, H5F_SCOPE_LOCAL)
    return status < 0 ? status : H5Fclose(file)
  }

  /// Makes a group.
  ///
  /// - Parameter name: names from the root, with `/` between them; groups on the way are made too.
  package func addGroup(_ name: String) throws(MRDLError) {
    try HDF5Library.perform { () throws(MRDLError) in try makeGroup(name) }
  }

  private func makeGroup(_ name: String) throws(MRDLError) {
    let action = "make a group"
    let link = try HDF5Library.identifier(H5Pcreate(mrdl_h5p_link_create()), action)
    try HDF5Library.check(H5Pset_create_intermediate_group(link.value, 1), action)
    try HDF5Library.check(H5Pset_char_encoding(link.value, H5T_CSET_UTF8), action)
    let creation = try HDF5Library.identifier(H5Pcreate(mrdl_h5p_group_create()), action)
    try HDF5Library.check(H5Pset_obj_track_times(creation.value, false), action)
    _ = try HDF5Library.identifier(
      H5Gcreate2(file, name, link.value, creation.value, mrdl_h5p_default()), action)
  }

  /// Gives the root group an attribute of the given elements.
  func addAttribute<Element: TensorElement>(
    _ name: String, _ elements: [Element], isScalar: Bool = false
  ) throws(MRDLError) {
    try HDF5Library.perform { () throws(MRDLError) in
      try makeAttribute(name, elements, isScalar: isScalar)
    }
  }

  private func makeAttribute<Element: TensorElement>(
    _ name: String, _ elements: [Element], isScalar: Bool
  ) throws(MRDLError) {
    let action = "write an attribute"
    let type = try HDF5Library.datatype(of: Element.scalarType)
    let space = try Self.dataspace(isScalar ? [] : [elements.count])
    let attribute = try HDF5Library.identifier(
      H5Acreate2(
        file, name, type.value, space.value, mrdl_h5p_default(), mrdl_h5p_default()), action)
    try HDF5Library.check(
      elements.withUnsafeBytes { H5Awrite(attribute.value, type.value, $0.baseAddress) }, action)
  }

  /// Gives a group an attribute of strings of any length.
  ///
  /// - Parameters:
  ///   - path: the group, `/` for the root.
  ///   - isScalar: whether the attribute is one string and no array.
  package func addAttribute(
    _ name: String, ofGroup path: String, strings: [String], isScalar: Bool = false
  ) throws(MRDLError) {
    try HDF5Library.perform { () throws(MRDLError) in
      try makeAttribute(name, path, strings, isScalar: isScalar)
    }
  }

  private func makeAttribute(
    _ name: String, _ path: String, _ strings: [String], isScalar: Bool
  ) throws(MRDLError) {
    let action = "write an attribute"
    let group = try HDF5Library.identifier(H5Gopen2(file, path, mrdl_h5p_default()), action)
    let type = try HDF5Library.identifier(H5Tcopy(mrdl_h5t_string()), action)
    try HDF5Library.check(H5Tset_size(type.value, mrdl_h5t_variable()), action)
    try HDF5Library.check(H5Tset_cset(type.value, H5T_CSET_UTF8), action)
    let space = try Self.dataspace(isScalar ? [] : [strings.count])
    let attribute = try HDF5Library.identifier(
      H5Acreate2(
        group.value, name, type.value, space.value, mrdl_h5p_default(), mrdl_h5p_default()),
      action)
    guard !strings.isEmpty else { return }
    // The library reads each string up to its zero.
    let bytes = strings.map { Array($0.utf8) + [0] }
    let all = bytes.flatMap { $0 }
    var offsets: [Int] = []
    var offset = 0
    for text in bytes {
      offsets.append(offset)
      offset += text.count
    }
    let status = all.withUnsafeBufferPointer { buffer in
      let pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
      return pointers.withUnsafeBytes { H5Awrite(attribute.value, type.value, $0.baseAddress) }
    }
    try HDF5Library.check(status, action)
  }

  /// Makes a data set and writes its elements.
  ///
  /// - Parameter path: names from the root, with `/` between them.
  package func addDataset(
    _ path: String, _ tensor: Tensor, options: HDF5WritingOptions = .contiguous
  ) throws(MRDLError) {
    try HDF5Library.perform { () throws(MRDLError) in
      try makeDataset(path, tensor, options)
    }
  }

  private func makeDataset(
    _ path: String, _ tensor: Tensor, _ options: HDF5WritingOptions
  ) throws(MRDLError) {
    let action = "write a data set"
    let type = try HDF5Library.datatype(of: tensor.scalarType)
    let space = try Self.dataspace(tensor.shape.dimensions)
    let link = try HDF5Library.identifier(H5Pcreate(mrdl_h5p_link_create()), action)
    try HDF5Library.check(H5Pset_char_encoding(link.value, H5T_CSET_UTF8), action)
    try HDF5Library.check(H5Pset_create_intermediate_group(link.value, 1), action)
    let creation = try Self.creation(of: tensor, options)
    let dataset = try HDF5Library.identifier(
      H5Dcreate2(
        file, path, type.value, space.value, link.value, creation.value, mrdl_h5p_default()),
      action)
    guard tensor.byteCount > 0 else { return }
    try tensor.withUnsafeBytes { (bytes) throws(MRDLError) in
      try HDF5Library.check(
        H5Dwrite(
          dataset.value, type.value, mrdl_h5s_all(), mrdl_h5s_all(), mrdl_h5p_default(),
          bytes.baseAddress), action)
    }
  }

  private static func dataspace(_ extents: [Int]) throws(MRDLError) -> HDF5Identifier {
    let action = "make a data space"
    if extents.isEmpty { return try HDF5Library.identifier(H5Screate(H5S_SCALAR), action) }
    return try HDF5Library.identifier(
      H5Screate_simple(Int32(extents.count), extents.map { hsize_t($0) }, nil), action)
  }

  private static func creation(
    of tensor: Tensor, _ options: HDF5WritingOptions
  ) throws(MRDLError) -> HDF5Identifier {
    let action = "set up a data set"
    let creation = try HDF5Library.identifier(H5Pcreate(mrdl_h5p_dataset_create()), action)
    try HDF5Library.check(H5Pset_obj_track_times(creation.value, false), action)
    let extents = tensor.shape.dimensions
    guard let limit = options.effectiveChunkByteCount, !extents.isEmpty, tensor.byteCount > 0,
      let elementByteCount = tensor.scalarType.elementByteCount
    else {
      // Every element is written: to fill them first would write the file twice.
      try HDF5Library.check(H5Pset_fill_time(creation.value, H5D_FILL_TIME_NEVER), action)
      return creation
    }
    let chunk = HDF5WritingOptions.chunk(
      extents: extents, elementByteCount: elementByteCount, byteCountLimit: limit)
    try HDF5Library.check(
      H5Pset_chunk(creation.value, Int32(chunk.count), chunk.map { hsize_t($0) }), action)
    if options.shuffles { try HDF5Library.check(H5Pset_shuffle(creation.value), action) }
    if let level = options.deflateLevel {
      guard mrdl_h5z_has_deflate() != 0 else {
        throw MRDLError(.hdf5WriteFailed, "this libhdf5 was built without deflate")
      }
      try HDF5Library.check(H5Pset_deflate(creation.value, UInt32(level)), action)
    }
    if options.hasChecksums {
      try HDF5Library.check(H5Pset_fletcher32(creation.value), action)
    }
    return creation
  }
}
