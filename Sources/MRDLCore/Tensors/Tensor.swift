/// A dense, row-major array of numbers: a scalar type, a shape and bytes.
///
/// A tensor is a value: a copy shares the bytes until one of the two is written. The bytes are owned,
/// aligned memory, or a part of a mapped file.
public struct Tensor: Sendable {
  public let scalarType: ScalarType
  public let shape: Shape
  /// The bytes of the tensor and maybe of others.
  public private(set) var storage: Storage
  /// Where in `storage` the tensor begins.
  public private(set) var byteOffset: Int

  /// A tensor of zeros.
  ///
  /// - Precondition: the bytes can be counted.
  public init(zeros shape: Shape, scalarType: ScalarType = .float32) {
    guard let byteCount = scalarType.byteCount(elementCount: shape.elementCount) else {
      preconditionFailure("a tensor of \(scalarType.rawValue) \(shape) is too large")
    }
    self.scalarType = scalarType
    self.shape = shape
    storage = Storage(byteCount: byteCount)
    byteOffset = 0
  }

  /// A tensor with the given elements in row-major order.
  ///
  /// - Precondition: there are as many elements as the shape has.
  public init<Element: TensorElement>(_ elements: [Element], shape: Shape) {
    precondition(
      elements.count == shape.elementCount,
      "\(elements.count) elements for a tensor of shape \(shape)")
    self.init(zeros: shape, scalarType: Element.scalarType)
    elements.withUnsafeBytes { source in
      if let start = source.baseAddress, !source.isEmpty {
        storage.base.copyMemory(from: start, byteCount: source.count)
      }
    }
  }

  /// A tensor of rank 1 with the given elements.
  public init<Element: TensorElement>(_ elements: [Element]) {
    self.init(elements, shape: Shape([elements.count]))
  }

  /// A tensor of rank 0.
  public init<Element: TensorElement>(scalar: Element) { self.init([scalar], shape: .scalar) }

  /// A tensor that shares a part of a storage.
  ///
  /// - Throws: `MRDL1303` where the bytes lie outside the storage.
  public init(
    _ scalarType: ScalarType, shape: Shape, storage: Storage, byteOffset: Int
  ) throws(MRDLError) {
    guard let byteCount = scalarType.byteCount(elementCount: shape.elementCount), byteOffset >= 0,
      byteOffset <= storage.byteCount, byteCount <= storage.byteCount - byteOffset
    else {
      throw MRDLError(
        .wrongByteCount, "a tensor of \(scalarType.rawValue) \(shape) does not fit its bytes",
        found: "\(storage.byteCount) bytes", at: Place(byteOffset: UInt64(exactly: byteOffset)))
    }
    self.scalarType = scalarType
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
  }

  /// The number of elements.
  public var elementCount: Int { shape.elementCount }

  /// The number of bytes.
  public var byteCount: Int {
    // Every initialiser has counted them already.
    scalarType.byteCount(elementCount: shape.elementCount) ?? 0
  }

  /// Whether the first byte has the given alignment.
  public func isAligned(toByteCount alignment: Int) -> Bool {
    (UInt(bitPattern: storage.base) + UInt(byteOffset)) % UInt(alignment) == 0
  }

  /// The same elements in another shape.
  ///
  /// - Precondition: both shapes have the same number of elements.
  public func reshaped(_ shape: Shape) -> Tensor {
    precondition(
      shape.elementCount == elementCount, "\(self.shape) cannot take the shape \(shape)")
    return Tensor(scalarType, shape, storage, byteOffset)
  }

  /// A copy in memory of its own, independent of any mapped file.
  public func copied() -> Tensor {
    let copy = withUnsafeBytes { Storage(copying: $0) }
    return Tensor(scalarType, shape, copy, 0)
  }

  private init(_ scalarType: ScalarType, _ shape: Shape, _ storage: Storage, _ byteOffset: Int) {
    self.scalarType = scalarType
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
  }
}

// MARK: Access

extension Tensor {
  /// Calls `body` with the bytes; the pointer is valid during the call only.
  public func withUnsafeBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
  }

  /// Calls `body` with the bytes for writing, after copying them if another tensor shares them.
  public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    makeUnique()
    return try body(
      UnsafeMutableRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
  }

  /// The elements in row-major order.
  ///
  /// - Precondition: `type` is the tensor's scalar type. The bytes must be aligned for it; readers
  ///   of files copy a tensor that is not.
  @_lifetime(borrow self)
  public func span<Element: TensorElement>(of type: Element.Type = Element.self) -> Span<Element> {
    requireType(type)
    let span = Span(_unsafeStart: elementPointer(as: type), count: elementCount)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The elements in row-major order, copied.
  ///
  /// - Precondition: `type` is the tensor's scalar type.
  public func elements<Element: TensorElement>(as type: Element.Type = Element.self) -> [Element] {
    requireType(type)
    return [Element](unsafeUninitializedCapacity: elementCount) { buffer, count in
      if let target = buffer.baseAddress, elementCount > 0 {
        UnsafeMutableRawPointer(target).copyMemory(
          from: storage.base + byteOffset, byteCount: byteCount)
      }
      count = elementCount
    }
  }

  /// Calls `body` with the elements for writing, after copying them if another tensor shares them.
  ///
  /// - Precondition: `type` is the tensor's scalar type.
  public mutating func withMutableElements<Element: TensorElement, Result, Failure: Error>(
    as type: Element.Type = Element.self,
    _ body: (UnsafeMutableBufferPointer<Element>) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    requireType(type)
    makeUnique()
    return try body(
      UnsafeMutableBufferPointer(
        start: (storage.base + byteOffset).assumingMemoryBound(to: type), count: elementCount))
  }

  private mutating func makeUnique() {
    if storage.isMapped || !isKnownUniquelyReferenced(&storage) {
      storage = withUnsafeBytes { Storage(copying: $0) }
      byteOffset = 0
    }
  }

  private func requireType<Element: TensorElement>(_ type: Element.Type) {
    precondition(
      Element.scalarType == scalarType,
      "a tensor of \(scalarType.rawValue) has no elements of \(Element.scalarType.rawValue)")
  }

  private func elementPointer<Element>(as type: Element.Type) -> UnsafePointer<Element> {
    UnsafeRawPointer(storage.base + byteOffset).assumingMemoryBound(to: type)
  }
}
