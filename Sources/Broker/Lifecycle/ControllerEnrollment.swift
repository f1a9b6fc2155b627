internal import Configuration
internal import Metadata
internal import Model
internal import Ports
internal import Telemetry
internal import WireMessages

/// Makes this controller's endpoints and features known to the cluster (KIP-919): told to each new active
/// controller until the metadata has them. Lives on the metadata loop.
final class ControllerEnrollment {
    static let retryPause = Duration.milliseconds(500)

    private let node: Node
    private let loop: any Loop
    private let channel: ControllerChannel
    private let incarnationID: UUID
    private let image: () -> MetadataImage
    private var isInFlight = false
    private var isStopped = false

    init(node: Node, channel: ControllerChannel, image: @escaping () -> MetadataImage) {
        self.node = node
        self.channel = channel
        self.image = image
        loop = node.world.metadataLoop
        incarnationID = UUID.random { node.world.entropy.next() }
    }

    /// There is a controller to tell.
    func enroll() {
        let own = image().controller(node.configuration.nodeID)
        guard own?.incarnationID != incarnationID, !isInFlight, !isStopped else { return }
        isInFlight = true
        var request = ControllerRegistrationRequest()
        request.controllerID = node.configuration.nodeID.rawValue
        request.incarnationID = incarnationID
        request.listeners = node.configuration.advertisedControllerListeners.map {
            var listener = ControllerRegistrationRequest.Listener()
            listener.name = $0.listener
            listener.host = $0.host
            listener.port = $0.port
            listener.securityProtocol = $0.securityProtocol.rawValue
            return listener
        }
        request.features = SupportedFeatures.all.map {
            var feature = ControllerRegistrationRequest.Feature()
            feature.name = $0.name
            feature.minSupportedVersion = $0.levels.lowerBound
            feature.maxSupportedVersion = $0.levels.upperBound
            return feature
        }
        channel.send(request, versions: 0...0, timeout: .seconds(5)) { [weak self] in
            self?.answered($0)
        }
    }

    private func answered(_ result: Result<ControllerRegistrationResponse, PeerError>) {
        isInFlight = false
        if case .success(let response) = result, response.errorCode == .none { return }
        guard !isStopped else { return }
        if case .success(let response) = result, response.errorCode == .unsupportedVersion {
            // The cluster's metadata.version has no such records; nothing is lost but a listing.
            return
        }
        loop.arm(at: loop.now + Self.retryPause) { [weak self] in self?.enroll() }
    }

    func stop() { isStopped = true }
}
