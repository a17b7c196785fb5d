import CHDF5
import MRDLCore

extension HDF5Library {
  /// The type of stored elements: little-endian, truth values as h5py has them.
  ///
  /// - Precondition: the type is one that HDF5 has a name for; others are stored as bytes.
  static func datatype(of type: ScalarType) throws(MRDLError) -> HDF5Identifier {
    let action = "make a datatype"
    switch type {
    case .float64: return try copy(mrdl_h5t_f64())
    case .float32: return try copy(mrdl_h5t_f32())
    case .float16: return try real16(exponentBitCount: 5, mantissaBitCount: 10, bias: 15)
    case .bfloat16: return try real16(exponentBitCount: 8, mantissaBitCount: 7, bias: 127)
    case .int8: return try copy(mrdl_h5t_i8())
    case .int16: return try copy(mrdl_h5t_i16())
    case .int32: return try copy(mrdl_h5t_i32())
    case .int64: return try copy(mrdl_h5t_i64())
    case .uint8: return try copy(mrdl_h5t_u8())
    case .uint16: return try copy(mrdl_h5t_u16())
    case .uint32: return try copy(mrdl_h5t_u32())
    case .uint64: return try copy(mrdl_h5t_u64())
    case .bool:
      let values = try identifier(H5Tenum_create(mrdl_h5t_i8()), action)
      for (name, value) in [("FALSE", Int8(0)), ("TRUE", Int8(1))] {
        var value = value
        try check(H5Tenum_insert(values.value, name, &value), action)
      }
      return values
    default: preconditionFailure("HDF5 has no type for \(type.rawValue)")
    }
  }

  private static func copy(_ type: hid_t) throws(MRDLError) -> HDF5Identifier {
    try identifier(H5Tcopy(type), "make a datatype")
  }

  /// Real numbers of 16 bits: the sign in the highest bit, then exponent, then mantissa.
  private static func real16(
    exponentBitCount: Int, mantissaBitCount: Int, bias: Int
  ) throws(MRDLError) -> HDF5Identifier {
    let action = "make a datatype"
    let type = try copy(mrdl_h5t_f32())
    try check(
      H5Tset_fields(type.value, 15, mantissaBitCount, exponentBitCount, 0, mantissaBitCount),
      action)
    try check(H5Tset_size(type.value, 2), action)
    try check(H5Tset_ebias(type.value, bias), action)
    return type
  }
}
