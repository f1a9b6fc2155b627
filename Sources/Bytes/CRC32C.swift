internal import CCRC

/// CRC-32C (Castagnoli), the checksum of record batches (KIP-98) and producer snapshots.
public enum CRC32C {
    /// The checksum of `bytes`; `from` continues an earlier one.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, from: UInt32 = 0) -> UInt32 {
        guard let base = bytes.baseAddress else { return from }
        return unsafe martlet_crc32c(from, base, bytes.count)
    }

    /// The same by table, as the oracle in tests.
    public static func checksumByTable(_ bytes: UnsafeRawBufferPointer, from: UInt32 = 0) -> UInt32
    {
        guard let base = bytes.baseAddress else { return from }
        return unsafe martlet_crc32c_table(from, base, bytes.count)
    }

    /// The checksum of an array's bytes.
    public static func checksum(_ bytes: [UInt8]) -> UInt32 {
        unsafe bytes.withUnsafeBytes { unsafe checksum($0) }
    }
}
