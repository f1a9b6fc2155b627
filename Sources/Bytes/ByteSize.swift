extension ByteWriter {
    /// Bytes that `value` takes as an unsigned varint.
    @inlinable
    public static func sizeOfUnsignedVarint(_ value: UInt32) -> Int {
        max(1, (38 - value.leadingZeroBitCount) / 7)
    }

    /// Bytes that `value` takes as a zigzag varint.
    @inlinable
    public static func sizeOfVarint(_ value: Int32) -> Int {
        sizeOfUnsignedVarint(UInt32(bitPattern: (value << 1) ^ (value >> 31)))
    }

    /// Bytes that `value` takes as a zigzag varlong.
    @inlinable
    public static func sizeOfVarlong(_ value: Int64) -> Int {
        let raw = UInt64(bitPattern: (value << 1) ^ (value >> 63))
        return max(1, (70 - raw.leadingZeroBitCount) / 7)
    }
}
