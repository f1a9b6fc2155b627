internal import Model
package import Wire
internal import WireMessages

/// What one node speaks, as its answer to ApiVersions told.
package struct NodeVersions: Hashable, Sendable {
    private var ranges: [ApiKey: ClosedRange<Int16>] = [:]

    init() {}

    init(_ answer: ApiVersionsResponse) {
        for api in answer.apiKeys where api.minVersion <= api.maxVersion {
            ranges[ApiKey(rawValue: api.apiKey)] = api.minVersion...api.maxVersion
        }
    }

    /// The versions the node offers of an API, nil if none.
    package subscript(_ key: ApiKey) -> ClosedRange<Int16>? { ranges[key] }

    /// The newest version both sides speak, nil if there is none.
    func best(for request: OutgoingRequest) -> Int16? {
        guard let offered = ranges[request.apiKey], offered.overlaps(request.versions) else {
            return nil
        }
        return min(offered.upperBound, request.versions.upperBound)
    }
}
