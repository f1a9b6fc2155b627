internal import Bytes
internal import Model
package import Wire

/// A request that waits for its version: only once the peer's versions are known can it be written.
package struct OutgoingRequest: Sendable {
    package let apiKey: ApiKey
    /// The versions that say what the sender means.
    let versions: ClosedRange<Int16>
    /// False for a produce request with acks=0.
    let expectsAnswer: Bool
    /// How long the answer may take, where the server is asked to wait; nil: as `request.timeout.ms` says.
    let answerLimit: Duration?
    private let message: any RequestMessage
    private let sizeHint: Int

    package init<M: RequestMessage>(
        _ message: M, versions: ClosedRange<Int16> = M.validVersions, expectsAnswer: Bool = true,
        answerLimit: Duration? = nil, sizeHint: Int = 256
    ) {
        apiKey = M.apiKey
        self.versions = versions.clamped(to: M.validVersions)
        self.expectsAnswer = expectsAnswer
        self.answerLimit = answerLimit
        self.message = message
        self.sizeHint = sizeHint
    }

    /// The frame to send: length, header, body.
    func frame(
        version: Int16, correlationID: Int32, clientID: String
    ) throws(EncodeError) -> SharedBytes {
        var header = RequestHeader()
        header.requestApiKey = apiKey.rawValue
        header.requestApiVersion = version
        header.correlationID = correlationID
        header.clientID = clientID
        var writer = ByteWriter(capacity: sizeHint + 128)
        writer.int32(0)
        try header.encode(to: &writer, version: apiKey.requestHeaderVersion(version))
        try message.encode(to: &writer, version: version)
        guard let length = Int32(exactly: writer.count - 4) else { throw .tooLarge(writer.count) }
        writer.overwrite(length, at: 0)
        return writer.finish()
    }

    /// The message itself, for tests.
    package func message<M: RequestMessage>(as type: M.Type = M.self) -> M? { message as? M }
}
