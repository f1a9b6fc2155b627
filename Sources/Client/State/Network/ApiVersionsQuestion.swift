internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

/// The first question on every connection: which versions the peer speaks (KIP-35, KIP-511).
enum ApiVersionsQuestion {
    static let newest: Int16 = ApiVersionsRequest.validVersions.upperBound
    static let softwareName = "martlet"
    static let softwareVersion = "0.1.0"

    enum Outcome: Hashable, Sendable {
        case versions(NodeVersions)
        /// The peer is older than the question.
        case askAgain(version: Int16)
        case unusable(reason: String)
    }

    static var request: ApiVersionsRequest {
        var request = ApiVersionsRequest()
        request.clientSoftwareName = softwareName
        request.clientSoftwareVersion = softwareVersion
        return request
    }

    static func frame(version: Int16, correlationID: Int32, clientID: String) -> SharedBytes {
        do {
            return try OutgoingRequest(request).frame(
                version: version, correlationID: correlationID, clientID: clientID)
        } catch {
            preconditionFailure("a question of three short strings fits every version: \(error)")
        }
    }

    /// Reads an answer to a question of `version`. A peer that does not know that version answers in
    /// version 0 with the range it does know.
    static func read(_ body: SharedBytes, version: Int16) -> Outcome {
        var reader = ByteReader(body)
        do {
            var ahead = ByteReader(body)
            let code = ErrorCode(rawValue: try ahead.int16())
            guard code == .unsupportedVersion else {
                let answer = try ApiVersionsResponse(from: &reader, version: version)
                guard answer.errorCode == .none else {
                    return .unusable(reason: "ApiVersions was answered \(answer.errorCode)")
                }
                return .versions(NodeVersions(answer))
            }
            let answer = try ApiVersionsResponse(from: &reader, version: 0)
            let range = NodeVersions(answer)[.apiVersions] ?? 0...0
            let lower = min(range.upperBound, version - 1)
            guard lower >= 0 else { return .unusable(reason: "no common version of ApiVersions") }
            return .askAgain(version: lower)
        } catch {
            return .unusable(reason: "malformed answer to ApiVersions: \(error)")
        }
    }
}

/// The header of an answer.
enum ResponsePrelude {
    /// Reads it and returns the correlation id.
    static func read(
        _ reader: inout ByteReader, apiKey: ApiKey, version: Int16
    ) throws(DecodeError) -> Int32 {
        let header = try ResponseHeader(
            from: &reader, version: apiKey.responseHeaderVersion(version))
        return header.correlationID
    }
}
