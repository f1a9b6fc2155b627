public import Bytes
internal import Model
internal import Wire

extension ApiVersionsResponse {
    /// Reads the answer to the first request on a connection (a frame without its length).
    ///
    /// A broker that does not know the version that was asked for answers in version 0, with the
    /// error UNSUPPORTED_VERSION and the versions that it does know (KIP-511). The error stands in
    /// the same place in all versions, so it decides how the rest is read.
    public static func negotiated(
        version: Int16, from frame: SharedBytes
    ) throws(DecodeError) -> (correlationID: Int32, message: ApiVersionsResponse) {
        var reader = ByteReader(frame)
        _ = try reader.int32()
        let error = ErrorCode(rawValue: try reader.int16())
        let actual = error == .unsupportedVersion ? 0 : version
        return try decodeResponse(version: actual, from: frame)
    }
}
