internal import Configuration
internal import InternalRecords
package import Metadata
internal import Model

extension Controller {
    /// Changes settings key by key (KIP-339), each resource for itself and as a whole.
    package mutating func alterConfigs(
        _ alterations: [ConfigAlteration], validateOnly: Bool
    ) -> ControllerResult<[ConfigAlterationResult]> {
        var draft = draft
        let named = Occurrences(alterations.map(\.resource))
        var results: [ConfigAlterationResult] = []
        for alteration in alterations {
            let before = draft.image
            let count = draft.records.count
            var failure: ControllerError?
            do throws(ControllerError) {
                if named.isRepeated(alteration.resource) {
                    throw ControllerError(
                        .invalidRequest, "Each resource must appear at most once.")
                }
                try apply(alteration, in: &draft)
            } catch {
                draft.rewind(to: before, count)
                failure = error
            }
            results.append(ConfigAlterationResult(resource: alteration.resource, error: failure))
        }
        guard !validateOnly else { return ControllerResult([], results) }
        if draft.records.contains(where: allowsUncleanElection) { hurryUncleanElection() }
        return ControllerResult(draft.records, results)
    }

    /// Replaces all settings of resources: the old request, which forgets what it does not name.
    package mutating func replaceConfigs(
        _ resources: [(resource: ConfigResource, configs: [(name: String, value: String?)])],
        validateOnly: Bool
    ) -> ControllerResult<[ConfigAlterationResult]> {
        let alterations = resources.map { resource, configs in
            let named = Set(configs.map(\.name))
            let present = image.config(of: resource).keys.filter { !named.contains($0) }
            return ConfigAlteration(
                resource,
                configs.map { .init($0.name, $0.value == nil ? .delete : .set, $0.value) }
                    + present.map { .init($0, .delete, nil) })
        }
        return alterConfigs(alterations, validateOnly: validateOnly)
    }

    private func allowsUncleanElection(_ record: MetadataRecord) -> Bool {
        guard case .config(let config) = record else { return false }
        return config.name == "unclean.leader.election.enable" && config.value == "true"
    }

    private mutating func hurryUncleanElection() {
        // Whoever allows it is waiting for it. The next turn sees the setting, as it is accepted by then.
        active?.timers.unclean = .zero
    }
}

// MARK: - One resource

extension Controller {
    private func apply(
        _ alteration: ConfigAlteration, in draft: inout Draft
    ) throws(ControllerError) {
        try checkResource(alteration.resource, draft)
        let present = draft.image.dictionary(of: alteration.resource)
        var wanted = present
        var touched: Set<String> = []
        for entry in alteration.entries {
            guard !entry.name.isEmpty else {
                throw ControllerError(.invalidRequest, "A config key is empty.")
            }
            guard touched.insert(entry.name).inserted else {
                throw ControllerError(
                    .invalidRequest, "Error due to duplicate config keys: \(entry.name)")
            }
            wanted[entry.name] = try value(after: entry, in: alteration.resource, present)
        }
        let names = touched.sorted()
        let checked = try check(wanted, names, of: alteration.resource)
        for name in names where checked[name] != present[name] {
            let kind = alteration.resource.kind
            let record = ConfigRecord(kind, alteration.resource.name, name, checked[name])
            draft.append(.config(record))
        }
        clearEligibleReplicas(
            after: alteration.resource,
            isChanged: checked["min.insync.replicas"]
                != present["min.insync.replicas"], in: &draft)
    }

    private func checkResource(
        _ resource: ConfigResource, _ draft: Draft
    ) throws(ControllerError) {
        switch resource.kind {
        case .topic:
            guard draft.image.topicID(named: resource.name) != nil else {
                throw ControllerError(
                    .unknownTopicOrPartition, "The topic '\(resource.name)' does not exist.")
            }
        case .broker:
            guard !resource.name.isEmpty else { return }
            guard let number = Int32(resource.name) else {
                throw ControllerError(.invalidRequest, "Invalid broker name \(resource.name)")
            }
            guard draft.image.broker(BrokerID(number)) != nil else {
                throw ControllerError(
                    .brokerIdNotRegistered, "No broker with id \(number) found.")
            }
        case .group, .clientMetrics:
            guard !resource.name.isEmpty else {
                throw ControllerError(.invalidRequest, "Default resources are not allowed here.")
            }
        default:
            throw ControllerError(
                .invalidRequest, "Unsupported resource type \(resource.kind.rawValue)")
        }
    }

    private func value(
        after entry: ConfigAlteration.Entry, in resource: ConfigResource,
        _ present: [String: String]
    ) throws(ControllerError) -> String? {
        if entry.operation == .delete { return nil }
        guard let value = entry.value else {
            throw ControllerError(
                .invalidRequest, "Null value not supported for : \(entry.name)")
        }
        if entry.operation == .set { return value }
        guard let setting = setting(entry.name, of: resource), setting.kind == .list else {
            let name = entry.operation == .append ? "APPEND" : "SUBTRACT"
            throw ControllerError(
                .invalidConfig,
                "Can't \(name) to key \(entry.name) because its type is not LIST.")
        }
        let old = SettingKind.entries(present[entry.name] ?? setting.defaultText ?? "")
        let told = SettingKind.entries(value)
        if entry.operation == .subtract {
            return old.filter { !told.contains($0) }.joined(separator: ",")
        }
        return (old + told.filter { !old.contains($0) }).joined(separator: ",")
    }

    private func setting(_ name: String, of resource: ConfigResource) -> Setting? {
        switch resource.kind {
        case .topic: Settings.topic(name)
        case .group: Settings.group(name)
        case .clientMetrics: Settings.clientMetrics(name)
        default: Settings.broker(name)
        }
    }
}

// MARK: - Checks

extension Controller {
    /// Checks what the resource would have then; only what is touched must be changeable.
    private func check(
        _ wanted: [String: String], _ touched: [String], of resource: ConfigResource
    ) throws(ControllerError) -> [String: String] {
        do throws(InvalidConfiguration) {
            if resource.kind == .topic {
                return try TopicConfiguration.check(all: wanted, broker: broker)
            }
            if resource.kind == .group {
                return try GroupOverrides.check(all: wanted, broker: broker)
            }
        } catch {
            throw ControllerError(.invalidConfig, error.description)
        }
        var checked = wanted
        for name in touched {
            checked[name] = try check(name, wanted[name], of: resource)
        }
        return checked
    }

    private func check(
        _ name: String, _ value: String?, of resource: ConfigResource
    ) throws(ControllerError) -> String? {
        if resource.kind == .broker { return try checkBroker(name, value, resource) }
        guard let setting = setting(name, of: resource) else {
            throw ControllerError(.invalidConfig, "Unknown configuration \(name)")
        }
        guard let value else { return nil }
        do throws(SettingProblem) {
            return try setting.check(value)
        } catch {
            throw ControllerError(.invalidConfig, error.description)
        }
    }

    private func checkBroker(
        _ name: String, _ value: String?, _ resource: ConfigResource
    ) throws(ControllerError) -> String? {
        let scope: DynamicScope = resource.name.isEmpty ? .clusterDefault : .broker
        if Settings.broker(name)?.update == .readOnly {
            throw ControllerError(
                .invalidRequest, "Cannot update these configs dynamically: \(name)")
        }
        do throws(SettingProblem) {
            let setting = try DynamicScope.changeable(
                name, in: scope, image.hasEligibleLeaderReplicas)
            guard let value else {
                try checkRemovable(name, in: scope)
                return nil
            }
            return try setting.check(value)
        } catch {
            throw ControllerError(.invalidConfig, error.description)
        }
    }

    /// The cluster's own value is all that stands between ELR and the files of the nodes (KIP-966).
    private func checkRemovable(_ name: String, in scope: DynamicScope) throws(SettingProblem) {
        guard image.hasEligibleLeaderReplicas, scope == .clusterDefault else { return }
        guard name == "min.insync.replicas" else { return }
        throw SettingProblem(
            name, value: nil, allowed: "changed, not removed, while eligible leader replicas are on"
        )
    }

    /// Who was eligible under another `min.insync.replicas` may not be under the new one (KIP-966). Where
    /// nobody is in sync nothing can have been committed since, so there all stay, the last known leader
    /// too: else nobody could ever lead again.
    private func clearEligibleReplicas(
        after resource: ConfigResource, isChanged: Bool, in draft: inout Draft
    ) {
        guard isChanged, image.hasEligibleLeaderReplicas else { return }
        var record = ClearElrRecord()
        switch resource.kind {
        case .topic: record.topicName = resource.name
        case .broker: record.topicName = ""
        default: return
        }
        let before = draft.image
        draft.append(.clearElr(record))
        if resource.kind == .topic {
            guard let topic = before.topic(named: resource.name) else { return }
            topic.forEachPartition { draft.keepEligible(topic, $0, $1) }
        } else {
            before.forEachPartition { draft.keepEligible($0, $1.partition, $2) }
        }
    }
}

extension Draft {
    /// Tells anew who may lead a partition that has nobody in sync.
    fileprivate mutating func keepEligible(
        _ topic: TopicImage, _ number: Int32, _ partition: PartitionImage
    ) {
        let (eligible, last) = (partition.eligibleLeaderReplicas, partition.lastKnownELR)
        guard partition.isr.isEmpty, !eligible.isEmpty || !last.isEmpty else { return }
        var kept = PartitionChangeRecord()
        kept.topicID = topic.id.uuid
        kept.partitionID = number
        kept.eligibleLeaderReplicas = eligible.map(\.rawValue)
        kept.lastKnownElr = last.map(\.rawValue)
        append(.partitionChange(kept))
    }
}
