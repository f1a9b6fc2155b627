package import Model

/// A controller as it registered (KIP-919).
package struct ControllerRegistration: Equatable, Sendable {
    package let id: BrokerID
    package var incarnationID: UUID
    package var endpoints: [Endpoint]
    /// Sorted by name.
    package var features: [FeatureRange]
    /// Carried for old clusters; means nothing since 4.0.
    package var isReadyToMigrate: Bool

    package init(
        id: BrokerID, incarnationID: UUID, endpoints: [Endpoint], features: [FeatureRange],
        isReadyToMigrate: Bool = false
    ) {
        self.id = id
        self.incarnationID = incarnationID
        self.endpoints = endpoints
        self.features = features
        self.isReadyToMigrate = isReadyToMigrate
    }

    /// The levels this controller speaks of a feature; 0 to 0 if it does not name it.
    package func range(of feature: String) -> ClosedRange<Int16> {
        features.first { $0.name == feature }?.levels ?? 0...0
    }
}
