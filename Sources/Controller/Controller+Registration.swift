internal import InternalRecords
package import Metadata
package import Model

/// A broker that wants to join (raft.md §9, Registration).
package struct BrokerEnrollment: Sendable {
    package var broker: BrokerID
    package var clusterID: String
    /// One per process.
    package var incarnationID: UUID
    package var endpoints: [Endpoint]
    package var features: [FeatureRange]
    package var rack: String?
    /// Ids of all directories it can use.
    package var directories: [DirectoryID]
    /// The epoch it had before it stopped, if its directories hold what it had then.
    package var previousEpoch: BrokerEpoch

    package init(
        broker: BrokerID, clusterID: String, incarnationID: UUID, endpoints: [Endpoint],
        features: [FeatureRange], rack: String?, directories: [DirectoryID],
        previousEpoch: BrokerEpoch = .none
    ) {
        self.broker = broker
        self.clusterID = clusterID
        self.incarnationID = incarnationID
        self.endpoints = endpoints
        self.features = features
        self.rack = rack
        self.directories = directories
        self.previousEpoch = previousEpoch
    }
}

extension Controller {
    /// Registers a broker, or amends the registration of the same process.
    ///
    /// - Parameter nextOffset: where the first of the records will be appended: the epoch is made of it.
    /// - Returns: the broker's epoch.
    package func registerBroker(
        _ request: BrokerEnrollment, nextOffset: Offset, now: Instant
    ) throws(ControllerError) -> ControllerResult<BrokerEpoch> {
        try checkCluster(request.clusterID)
        let known = image.broker(request.broker)
        let isSameProcess = known?.incarnationID == request.incarnationID
        if let known, !isSameProcess { try checkReplaceable(known, now: now) }
        try checkDirectories(request)
        try checkFeatures(request.features, of: "broker \(request.broker.rawValue)")

        var draft = draft
        if let known, !isSameProcess { retire(known, request, in: &draft) }
        let epoch = isSameProcess ? known?.epoch : nil
        let registration = BrokerRegistration(
            id: request.broker,
            epoch: epoch ?? BrokerEpoch((nextOffset + Int64(draft.records.count)).rawValue),
            incarnationID: request.incarnationID, endpoints: request.endpoints,
            features: request.features.sorted { $0.name < $1.name }, rack: request.rack,
            isFenced: isSameProcess ? known?.isFenced ?? true : true,
            isInControlledShutdown: isSameProcess ? known?.isInControlledShutdown ?? false : false,
            directories: request.directories,
            cordonedDirectories: isSameProcess ? known?.cordonedDirectories : nil)
        draft.append(.registerBroker(registration.record))
        draft.rehome(registration)
        return ControllerResult(draft.records, registration.epoch)
    }

    /// The former incarnation is gone. If the new one brings what it had, and the old one had said that it goes,
    /// it counts as merely fenced; if it was killed, that holds for what it had on disk.
    ///
    /// A broker that has said it goes takes the note of its registration back before, so that it brings one only
    /// if it came to its end in order.
    private func retire(
        _ known: BrokerRegistration, _ request: BrokerEnrollment, in draft: inout Draft
    ) {
        guard request.previousEpoch == known.epoch else {
            draft.stoppedUncleanly(known)
            return
        }
        // Kafka's brokers bring an epoch after an orderly end only.
        let isOrderly = known.isInControlledShutdown || !known.isMartlet
        if isOrderly { draft.fence(known) } else { draft.killed(known) }
    }

    private func checkCluster(_ clusterID: String) throws(ControllerError) {
        guard clusterID == settings.clusterID else {
            throw ControllerError(
                .inconsistentClusterId,
                "Expected cluster ID \(settings.clusterID), but got cluster ID \(clusterID)")
        }
    }

    private func checkReplaceable(
        _ known: BrokerRegistration, now: Instant
    ) throws(ControllerError) {
        guard let active else { throw notActive }
        guard !known.isInControlledShutdown else { return }
        guard active.liveness.hasSession(known.id, epoch: known.epoch, at: now) else { return }
        throw ControllerError(
            .duplicateBrokerRegistration,
            "Another process is registered as broker \(known.id.rawValue) and is alive. "
                + "After a restart this resolves itself when the old session ends.")
    }

    private func checkDirectories(
        _ request: BrokerEnrollment
    ) throws(ControllerError) {
        guard image.metadataVersion.hasDirectories else { return }
        func refused(_ reason: String) -> ControllerError {
            ControllerError(.invalidRegistration, reason)
        }
        guard !request.directories.isEmpty else {
            throw refused("No directories specified in request")
        }
        for (index, directory) in request.directories.enumerated() {
            guard !directory.uuid.isReserved else {
                throw refused("Reserved directory ID in request: \(directory)")
            }
            guard !request.directories[..<index].contains(directory) else {
                throw refused("Duplicate directory ID in request: \(directory)")
            }
        }
        for other in image.allBrokers where other.id != request.broker {
            for directory in request.directories where other.hasRegistered(directory) {
                throw refused(
                    "Broker \(other.id.rawValue) is already registered with directory \(directory)")
            }
        }
    }

    /// Every finalized level must be one the node speaks; a level that is not finalized counts as 0.
    private func checkFeatures(
        _ features: [FeatureRange], of node: String
    ) throws(ControllerError) {
        for feature in features where feature.name != FeatureName.kraftVersion {
            let isMetadata = feature.name == FeatureName.metadataVersion
            let level =
                isMetadata
                ? image.metadataVersion.level : image.level(of: feature.name)
            guard !feature.levels.contains(level) else { continue }
            throw unsupported(feature.name, level, feature.levels, node)
        }
        for (name, level) in image.finalizedFeatures
        where !features.contains(where: { $0.name == name }) {
            throw unsupported(name, level, 0...0, node)
        }
    }

    private func unsupported(
        _ feature: String, _ level: Int16, _ levels: ClosedRange<Int16>, _ node: String
    ) -> ControllerError {
        ControllerError(
            .unsupportedVersion,
            "Unable to register \(node): it does not support finalized version \(level) of "
                + "\(feature), only versions between \(levels.lowerBound) and \(levels.upperBound)")
    }
}

// MARK: - Controllers, and leaving

extension Controller {
    /// Registers a controller (KIP-919).
    package func registerController(
        _ registration: ControllerRegistration
    ) throws(ControllerError) -> ControllerResult<Void> {
        guard image.metadataVersion.hasControllerRegistrations else {
            throw ControllerError(
                .unsupportedVersion,
                "The current metadata.version does not support controller registrations")
        }
        try checkFeatures(
            registration.features, of: "controller \(registration.id.rawValue)")
        guard image.controller(registration.id) != registration else {
            return ControllerResult([], ())
        }
        return ControllerResult([.registerController(registration.record)], ())
    }

    /// Removes a broker's registration for good (KIP-631). Its replicas stay in the replica lists.
    package func unregisterBroker(
        _ broker: BrokerID
    ) throws(ControllerError) -> ControllerResult<Void> {
        guard let known = image.broker(broker) else {
            throw ControllerError(
                .brokerIdNotRegistered, "Broker ID \(broker.rawValue) is not currently registered")
        }
        var draft = draft
        draft.unregister(known)
        return ControllerResult(draft.records, ())
    }

    var notActive: ControllerError {
        ControllerError(.notController, "The active controller is another one")
    }

    /// The registration a broker claims to have, or STALE_BROKER_EPOCH.
    func checkedBroker(
        _ broker: BrokerID, _ epoch: BrokerEpoch
    ) throws(ControllerError) -> BrokerRegistration {
        guard let known = image.broker(broker) else {
            throw ControllerError(
                .staleBrokerEpoch, "No registration found for broker \(broker.rawValue)")
        }
        guard known.epoch == epoch else {
            throw ControllerError(
                .staleBrokerEpoch,
                "Expected broker epoch \(known.epoch.rawValue), but got \(epoch.rawValue)")
        }
        return known
    }
}
