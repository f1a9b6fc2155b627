internal import Metadata
internal import Model

/// Gathers where the leaders named in an answer can be reached, so that the client need not ask (KIP-951).
struct LeaderEndpoints {
    struct Found {
        let id: BrokerID
        let host: String
        let port: Int32
        let rack: String?
    }

    private let image: MetadataImage
    private let listener: String
    private(set) var found: [Found] = []

    init(image: MetadataImage, listener: String) {
        self.image = image
        self.listener = listener
    }

    mutating func note(_ leader: FetchAnswer.Leader?) {
        guard let id = leader?.id, id != .none, !found.contains(where: { $0.id == id }) else {
            return
        }
        guard let endpoint = image.endpoint(of: id, on: listener) else { return }
        found.append(
            Found(
                id: id, host: endpoint.host, port: Int32(endpoint.port),
                rack: image.broker(id)?.rack))
    }
}
