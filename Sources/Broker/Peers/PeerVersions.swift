internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

/// What another node speaks, as its answer to ApiVersions told (KIP-35). Nodes of a cluster may be of
/// different builds, so nothing is sent in a version that the other side has not offered.
struct PeerVersions: Hashable, Sendable {
    private var offered: [ApiKey: ClosedRange<Int16>] = [:]

    init(_ answer: ApiVersionsResponse) {
        for api in answer.apiKeys where api.minVersion <= api.maxVersion {
            offered[ApiKey(rawValue: api.apiKey)] = api.minVersion...api.maxVersion
        }
    }

    /// The versions offered of an API; nil for none.
    subscript(_ key: ApiKey) -> ClosedRange<Int16>? { offered[key] }

    /// The newest of `wanted` that is offered too.
    func best(of wanted: ClosedRange<Int16>, for key: ApiKey) -> Int16? {
        guard let offered = offered[key], offered.overlaps(wanted) else { return nil }
        return min(offered.upperBound, wanted.upperBound)
    }

    // MARK: The question

    static let newestQuestion = ApiVersionsRequest.validVersions.upperBound

    /// With the name of who asks.
    static var question: ApiVersionsRequest {
        var request = ApiVersionsRequest()
        request.clientSoftwareName = "martlet"
        request.clientSoftwareVersion = "0.1.0"
        return request
    }

    static func question(
        _ version: Int16, correlationID: Int32, clientID: String
    ) -> SharedBytes {
        let request = version >= 3 ? question : ApiVersionsRequest()
        do throws(EncodeError) {
            return try encodeRequest(
                request, version: version, correlationID: correlationID, clientID: clientID)
        } catch {
            preconditionFailure("a question of short strings fits every version: \(error)")
        }
    }

    enum Answer: Equatable {
        case versions(PeerVersions)
        /// The peer is older than the question.
        case askAgain(Int16)
        case unusable(DecodeError)
    }

    /// Reads the answer to a question of `version`: a frame without its length.
    static func read(_ frame: SharedBytes, to version: Int16) -> Answer {
        do throws(DecodeError) {
            let answer = try ApiVersionsResponse.negotiated(version: version, from: frame).message
            let versions = PeerVersions(answer)
            guard answer.errorCode == .unsupportedVersion else {
                return answer.errorCode == .none
                    ? .versions(versions) : .unusable(.invalidValue("ApiVersions errorCode"))
            }
            let known = min(versions[.apiVersions]?.upperBound ?? 0, version - 1)
            return known < 0 ? .unusable(.invalidValue("ApiVersions version")) : .askAgain(known)
        } catch {
            return .unusable(error)
        }
    }
}
