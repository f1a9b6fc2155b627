internal import Bytes
internal import Metadata
internal import Model
internal import WireMessages

/// DescribeCluster, v0 to v2 (KIP-700, 919, 1073): brokers, or on a controller's listener the controllers.
enum DescribeClusterHandler {
    private static let brokersType: Int8 = 1
    private static let controllersType: Int8 = 2

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let request: DescribeClusterRequest = try scope.request()
        let listener = scope.exchange.listener
        var response = DescribeClusterResponse()
        response.endpointType = request.endpointType
        response.clusterID = scope.shard.node.clusterID
        let served = listener.kind == .broker ? brokersType : controllersType
        if ![brokersType, controllersType].contains(request.endpointType) {
            response.errorCode = .unsupportedEndpointType
            response.errorMessage = "endpoint type \(request.endpointType) is not known"
        } else if request.endpointType != served {
            response.errorCode = .mismatchedEndpointType
            response.errorMessage =
                served == brokersType
                ? "this is a broker's listener: use --bootstrap-server"
                : "this is a controller's listener: use --bootstrap-controller"
        } else {
            fill(&response, request, scope)
        }
        scope.exchange.respond(response)
    }

    private static func fill(
        _ response: inout DescribeClusterResponse, _ request: DescribeClusterRequest,
        _ scope: RequestScope
    ) {
        let shard = scope.shard
        let name = scope.exchange.listener.name
        if request.includeClusterAuthorizedOperations {
            response.clusterAuthorizedOperations = AuthorizedOperations.cluster
        }
        if request.endpointType == brokersType {
            response.controllerID = shard.shownController(on: name).rawValue
            for broker in shard.image.allBrokers
            where !broker.isFenced || request.includeFencedBrokers {
                guard let endpoint = broker.endpoint(of: name) else { continue }
                response.brokers.append(
                    node(broker.id, endpoint, rack: broker.rack, isFenced: broker.isFenced))
            }
        } else {
            response.controllerID = (shard.controllerID ?? .none).rawValue
            for controller in shard.image.allControllers {
                guard let endpoint = controller.endpoints.first(where: { $0.listener == name })
                else { continue }
                response.brokers.append(
                    node(controller.id, endpoint, rack: nil, isFenced: false))
            }
        }
    }

    private static func node(
        _ id: BrokerID, _ endpoint: Endpoint, rack: String?, isFenced: Bool
    ) -> DescribeClusterResponse.DescribeClusterBroker {
        var shown = DescribeClusterResponse.DescribeClusterBroker()
        shown.brokerID = id.rawValue
        shown.host = endpoint.host
        shown.port = Int32(endpoint.port)
        shown.rack = rack
        shown.isFenced = isFenced
        return shown
    }
}
