public import Bytes

extension RequestHeader {
    /// The API that is asked for.
    public var apiKey: ApiKey { ApiKey(rawValue: requestApiKey) }

    /// Reads the header at the start of a request frame (without its length). Which form it has is
    /// decided by the key and version that both forms begin with; those of unknown APIs are taken
    /// for the old form.
    public init(request reader: inout ByteReader) throws(DecodeError) {
        var ahead = reader
        let key = ApiKey(rawValue: try ahead.int16())
        let version = try ahead.int16()
        try self.init(from: &reader, version: key.requestHeaderVersion(version))
    }
}

/// A request frame, ready to send: int32 length, header, body.
public func encodeRequest<M: RequestMessage>(
    _ message: M, version: Int16, correlationID: Int32, clientID: String?
) throws(EncodeError) -> SharedBytes {
    var header = RequestHeader()
    header.requestApiKey = M.apiKey.rawValue
    header.requestApiVersion = version
    header.correlationID = correlationID
    header.clientID = clientID
    var writer = ByteWriter(capacity: 512)
    writer.int32(0)
    try header.encode(to: &writer, version: M.apiKey.requestHeaderVersion(version))
    try message.encode(to: &writer, version: version)
    try writer.patchLength()
    return writer.finish()
}

/// A response frame, ready to send: int32 length, header, body.
public func encodeResponse<M: ResponseMessage>(
    _ message: M, version: Int16, correlationID: Int32, capacity: Int = 512
) throws(EncodeError) -> SharedBytes {
    var header = ResponseHeader()
    header.correlationID = correlationID
    var writer = ByteWriter(capacity: capacity)
    writer.int32(0)
    try header.encode(to: &writer, version: M.apiKey.responseHeaderVersion(version))
    try message.encode(to: &writer, version: version)
    try writer.patchLength()
    return writer.finish()
}

/// Reads a response frame (without its length) to a request that was sent at `version`. Bytes after
/// the body are passed over, as in Kafka's clients.
public func decodeResponse<M: ResponseMessage>(
    _ type: M.Type = M.self, version: Int16, from frame: SharedBytes
) throws(DecodeError) -> (correlationID: Int32, message: M) {
    var reader = ByteReader(frame)
    let header = try ResponseHeader(
        from: &reader, version: M.apiKey.responseHeaderVersion(version))
    return (header.correlationID, try M(from: &reader, version: version))
}

extension ByteWriter {
    /// Writes the length of everything behind the first four bytes into them.
    mutating func patchLength() throws(EncodeError) {
        guard let length = Int32(exactly: count - 4) else { throw .tooLarge(count) }
        overwrite(length, at: 0)
    }
}
