package import InternalRecords
internal import Model

/// Registrations from their records, and back.
extension BrokerRegistration {
    init(_ record: RegisterBrokerRecord) throws(ReplayError) {
        var endpoints: [Endpoint] = []
        for point in record.endPoints {
            endpoints.append(
                try Endpoint(
                    record: point.name, point.host, point.port, point.securityProtocol))
        }
        var features: [FeatureRange] = []
        for feature in record.features {
            features.append(
                try FeatureRange(
                    record: feature.name, feature.minSupportedVersion, feature.maxSupportedVersion))
        }
        self.init(
            id: BrokerID(record.brokerID), epoch: BrokerEpoch(record.brokerEpoch),
            incarnationID: record.incarnationID, endpoints: endpoints,
            features: features.sorted { $0.name < $1.name }, rack: record.rack,
            isFenced: record.fenced, isInControlledShutdown: record.inControlledShutdown,
            directories: sorted(record.logDirs),
            cordonedDirectories: record.cordonedLogDirs.map(sorted))
    }

    /// A record that registers this broker as it is, all its directories online.
    package var record: RegisterBrokerRecord {
        var record = RegisterBrokerRecord()
        record.brokerID = id.rawValue
        record.incarnationID = incarnationID
        record.brokerEpoch = epoch.rawValue
        record.endPoints = endpoints.map { endpoint in
            var point = RegisterBrokerRecord.BrokerEndpoint()
            point.name = endpoint.listener
            point.host = endpoint.host
            point.port = endpoint.port
            point.securityProtocol = endpoint.securityProtocol.rawValue
            return point
        }
        record.features = features.map { range in
            var feature = RegisterBrokerRecord.BrokerFeature()
            feature.name = range.name
            feature.minSupportedVersion = range.levels.lowerBound
            feature.maxSupportedVersion = range.levels.upperBound
            return feature
        }
        record.rack = rack
        record.fenced = isFenced
        record.inControlledShutdown = isInControlledShutdown
        record.logDirs = registeredDirectories.map(\.uuid)
        record.cordonedLogDirs = cordonedDirectories.map { $0.map(\.uuid) }
        return record
    }

    /// Records that make this registration: those that its own record says are online may not be.
    var records: [MetadataRecord] {
        guard !offlineDirectories.isEmpty else { return [.registerBroker(record)] }
        var change = BrokerRegistrationChangeRecord()
        change.brokerID = id.rawValue
        change.brokerEpoch = epoch.rawValue
        change.logDirs = directories.map(\.uuid)
        return [.registerBroker(record), .brokerRegistrationChange(change)]
    }
}

extension ControllerRegistration {
    init(_ record: RegisterControllerRecord) throws(ReplayError) {
        var endpoints: [Endpoint] = []
        for point in record.endPoints {
            endpoints.append(
                try Endpoint(
                    record: point.name, point.host, point.port, point.securityProtocol))
        }
        var features: [FeatureRange] = []
        for feature in record.features {
            features.append(
                try FeatureRange(
                    record: feature.name, feature.minSupportedVersion, feature.maxSupportedVersion))
        }
        self.init(
            id: BrokerID(record.controllerID), incarnationID: record.incarnationID,
            endpoints: endpoints, features: features.sorted { $0.name < $1.name },
            isReadyToMigrate: record.zkMigrationReady)
    }

    /// A record that registers this controller as it is.
    package var record: RegisterControllerRecord {
        var record = RegisterControllerRecord()
        record.controllerID = id.rawValue
        record.incarnationID = incarnationID
        record.zkMigrationReady = isReadyToMigrate
        record.endPoints = endpoints.map { endpoint in
            var point = RegisterControllerRecord.ControllerEndpoint()
            point.name = endpoint.listener
            point.host = endpoint.host
            point.port = endpoint.port
            point.securityProtocol = endpoint.securityProtocol.rawValue
            return point
        }
        record.features = features.map { range in
            var feature = RegisterControllerRecord.ControllerFeature()
            feature.name = range.name
            feature.minSupportedVersion = range.levels.lowerBound
            feature.maxSupportedVersion = range.levels.upperBound
            return feature
        }
        return record
    }
}

extension Endpoint {
    fileprivate init(
        record listener: String, _ host: String, _ port: UInt16, _ security: Int16
    ) throws(ReplayError) {
        guard let security = SecurityProtocol(rawValue: security) else {
            throw .invalidSecurityProtocol(security)
        }
        self.init(listener: listener, host: host, port: port, securityProtocol: security)
    }
}

extension FeatureRange {
    fileprivate init(record name: String, _ low: Int16, _ high: Int16) throws(ReplayError) {
        guard low <= high else { throw .invalidFeatureRange(name: name, from: low, to: high) }
        self.init(name, low...high)
    }
}
