public import Bytes
public import Wire

/// A metadata record stands in its log's batches as a value without key: unsigned varint frame
/// version, unsigned varint record type, unsigned varint version, body.
extension MetadataRecord {
    /// The only frame version there is.
    public static let frameVersion: UInt32 = 1

    /// Reads a framed record. Bytes behind it are an error: a record is never longer than it says.
    public init(framed: SharedBytes) throws(DecodeError) {
        var reader = ByteReader(framed)
        guard try reader.unsignedVarint() == Self.frameVersion else {
            throw .invalidValue("frame version of a metadata record")
        }
        let type = try Self.int16(&reader, "metadata record type")
        let version = try Self.int16(&reader, "metadata record version")
        try self.init(type: type, version: version, from: &reader)
        try reader.finish()
    }

    private static func int16(
        _ reader: inout ByteReader, _ field: String
    ) throws(DecodeError) -> Int16 {
        guard let value = Int16(exactly: try reader.unsignedVarint()) else {
            throw .invalidValue(field)
        }
        return value
    }

    /// The record with its frame, at its default version.
    public func framed() throws(EncodeError) -> SharedBytes {
        try framed(version: defaultVersion)
    }

    /// The record with its frame.
    public func framed(version: Int16) throws(EncodeError) -> SharedBytes {
        guard validVersions.contains(version) else { throw .unsupportedVersion(version) }
        var writer = ByteWriter(capacity: 128)
        writer.unsignedVarint(Self.frameVersion)
        writer.unsignedVarint(UInt32(type))
        writer.unsignedVarint(UInt32(version))
        try encode(to: &writer, version: version)
        return writer.finish()
    }

    /// The version that a cluster at metadata.version 30 (4.3-IV0) writes: the highest of each
    /// record.
    public var defaultVersion: Int16 { validVersions.upperBound }
}
