package import Model
internal import Wire
internal import WireMessages

/// Who answers under an address.
package struct ProbeAnswer: Hashable, Sendable {
    package let clusterID: String
    /// Whether it is the broker that was expected.
    package let isExpected: Bool
}

extension Admin {
    /// Asks the server at this client's one bootstrap address who it is. To be asked first: a client that has
    /// learned of others may ask those.
    ///
    /// A broker tells its own configuration only, which is how it is recognised.
    package func probe(
        for broker: BrokerID, within limit: Duration
    ) async throws(ClientError) -> ProbeAnswer {
        var resource = DescribeConfigsRequest.DescribeConfigsResource()
        resource.resourceType = ConfigResource.Kind.broker.rawValue
        resource.resourceName = String(broker.rawValue)
        resource.configurationKeys = ["node.id"]
        var request = DescribeConfigsRequest()
        request.resources = [resource]
        let answer = try await ask(request, within: limit).message
        let isExpected = answer.results.first?.errorCode != .invalidRequest
        let cluster = try await ask(
            DescribeClusterRequest(), versions: 0...1, within: limit
        ).message
        try cluster.errorCode.check(cluster.errorMessage)
        return ProbeAnswer(clusterID: cluster.clusterID, isExpected: isExpected)
    }
}
