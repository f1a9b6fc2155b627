package import Bytes
package import Model

/// An entry of the `.txnindex`: what a read_committed consumer must skip (KIP-98; `AbortedTxn`
/// schema).
package struct AbortedTransaction: Hashable, Sendable {
    /// Bytes of an entry.
    package static let size = 34
    private static let version: Int16 = 0

    package let producerID: ProducerID
    /// Offset of the transaction's first record on the partition.
    package let firstOffset: Offset
    /// Offset of its marker.
    package let lastOffset: Offset
    /// The last stable offset when it ended: a fetch below it need not look further.
    package let lastStableOffset: Offset

    package init(
        producerID: ProducerID, firstOffset: Offset, lastOffset: Offset, lastStableOffset: Offset
    ) {
        self.producerID = producerID
        self.firstOffset = firstOffset
        self.lastOffset = lastOffset
        self.lastStableOffset = lastStableOffset
    }

    /// Reads one entry of version 0.
    package init(from reader: inout ByteReader) throws(DecodeError) {
        let version = try reader.int16()
        guard version == Self.version else { throw .unsupportedVersion(Int(version)) }
        producerID = ProducerID(try reader.int64())
        firstOffset = Offset(try reader.int64())
        lastOffset = Offset(try reader.int64())
        lastStableOffset = Offset(try reader.int64())
        guard firstOffset >= .zero, lastOffset >= firstOffset else {
            throw .invalidValue("FirstOffset")
        }
    }

    /// Writes one entry.
    package func encode(to writer: inout ByteWriter) {
        writer.int16(Self.version)
        writer.int64(producerID.rawValue)
        writer.int64(firstOffset.rawValue)
        writer.int64(lastOffset.rawValue)
        writer.int64(lastStableOffset.rawValue)
    }
}
