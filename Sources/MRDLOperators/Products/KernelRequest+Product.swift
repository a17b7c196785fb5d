internal import MRDLCore
internal import MRDLNumerics

extension KernelRequest {
  /// A product whose right matrix is an input, packed ahead where it is constant and that makes the product
  /// faster.
  ///
  /// - Parameter make: gives the product, with its right matrix packed or not.
  func product(
    rightInput: Int, _ make: (_ rightIsPacked: Bool) -> MatrixProduct
  ) -> (product: MatrixProduct, packedRight: Storage?) {
    let plain = make(false)
    guard let constant = inputs[rightInput]?.constant, constant.elementCount > 0,
      MatrixProduct.gainsFromPackedRight(
        rows: plain.rows, columns: plain.columns, right: plain.right)
    else { return (plain, nil) }
    let product = make(true)
    let packed = packedConstants.bytes(
      of: constant, layout: product.packedRightLayout, byteCount: product.packedRightByteCount
    ) { product.packRight($0, into: $1) }
    return (product, packed)
  }
}
