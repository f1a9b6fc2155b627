internal import Configuration
internal import InternalRecords
internal import Metadata
internal import Model

extension Controller {
    /// Raises or lowers finalized levels: all that is asked, or nothing.
    ///
    /// A level is set only if every registered broker and every controller of the quorum speaks it, so that
    /// all nodes can follow the log from this record on. The error is that of the first update refused. Answers
    /// the level of `kraft.version` that the quorum is then to write by itself, if it is to (KIP-853).
    package func updateFeatures(
        _ updates: [FeatureUpdate], validateOnly: Bool, quorum: QuorumMembership
    ) throws(ControllerError) -> ControllerResult<Int16?> {
        let named = Occurrences(updates.map(\.feature))
        var draft = draft
        for update in updates {
            guard !named.isRepeated(update.feature) else {
                throw ControllerError(
                    .invalidRequest, "Each feature must appear at most once: \(update.feature)")
            }
            try apply(update, of: updates, in: &draft, quorum)
        }
        guard !validateOnly else { return ControllerResult([], nil) }
        let ofQuorum = updates.first { $0.feature == FeatureName.kraftVersion }?.level
        return ControllerResult(draft.records, ofQuorum == quorum.kraftVersion ? nil : ofQuorum)
    }

    private func apply(
        _ update: FeatureUpdate, of updates: [FeatureUpdate], in draft: inout Draft,
        _ quorum: QuorumMembership
    ) throws(ControllerError) {
        guard let kind = update.kind else {
            throw refused(update, "The controller does not support the given upgrade type.")
        }
        let present = level(of: update.feature, quorum)
        guard update.level >= 0 else {
            throw refused(update, "A feature version cannot be less than 0.")
        }
        if let reason = reasonNotSupported(update, quorum) { throw refused(update, reason) }
        if update.level < present, kind == .upgrade {
            throw refused(
                update,
                "Can't downgrade the version of this feature without setting the upgrade type to "
                    + "either safe or unsafe downgrade.")
        }
        if update.level > present, kind != .upgrade {
            throw refused(update, "Can't downgrade to a newer version.")
        }
        switch update.feature {
        case FeatureName.metadataVersion: try checkMetadataVersion(update, kind)
        case FeatureName.kraftVersion: try checkKRaftVersion(update, present, quorum)
        default: try checkDependencies(of: update, among: updates)
        }
        // What is already so writes nothing, and the quorum writes its own.
        guard update.feature != FeatureName.kraftVersion else { return }
        if update.level != present { append(update, to: &draft) }
    }

    private func append(_ update: FeatureUpdate, to draft: inout Draft) {
        if update.feature == FeatureName.eligibleLeaderReplicas {
            if update.level > 0 {
                shareMinInSync(in: &draft)
            } else {
                // Nobody keeps them from here on, and old ones must not be believed after a later upgrade.
                draft.append(.clearElr(ClearElrRecord()))
            }
        }
        let levels = [(name: update.feature, level: update.level)]
        for record in BootstrapRecords.records(for: levels) { draft.append(record) }
    }

    /// The level in force.
    private func level(of feature: String, _ quorum: QuorumMembership) -> Int16 {
        switch feature {
        case FeatureName.metadataVersion: image.metadataVersion.level
        case FeatureName.kraftVersion: quorum.kraftVersion
        default: image.level(of: feature)
        }
    }

    private func refused(_ update: FeatureUpdate, _ reason: String) -> ControllerError {
        ControllerError(
            .invalidUpdateVersion,
            "Invalid update version \(update.level) for feature \(update.feature). \(reason)")
    }
}

// MARK: - Who speaks it

extension Controller {
    /// Why the level cannot be set: the first node that does not speak it. Nil if all do.
    private func reasonNotSupported(_ update: FeatureUpdate, _ quorum: QuorumMembership) -> String?
    {
        let own = BootstrapRecords.finalizable.first { $0.name == update.feature }
        if let reason = reason("Local controller \(settings.nodeID.rawValue)", own?.levels, update)
        {
            return reason
        }
        for broker in image.allBrokers {
            let levels = broker.features.first { $0.name == update.feature }?.levels
            if let reason = reason("Broker \(broker.id.rawValue)", levels, update) {
                return reason
            }
        }
        return image.metadataVersion.hasControllerRegistrations
            ? reasonOfControllers(update, quorum) : nil
    }

    private func reasonOfControllers(_ update: FeatureUpdate, _ quorum: QuorumMembership) -> String?
    {
        let others = image.allControllers.filter { $0.id != settings.nodeID }
        for controller in others {
            let levels = controller.features.first { $0.name == update.feature }?.levels
            if let reason = reason("Controller \(controller.id.rawValue)", levels, update) {
                return reason
            }
        }
        let silent = quorum.voters.filter { voter in
            voter != settings.nodeID && !others.contains { $0.id == voter }
        }
        return silent.min().map {
            "controller \($0.rawValue) has not registered, and may not support this feature"
        }
    }

    private func reason(
        _ node: String, _ levels: ClosedRange<Int16>?, _ update: FeatureUpdate
    ) -> String? {
        guard let levels else {
            // Unknown to the node is like off.
            return update.level == 0 && isKnown(update.feature)
                ? nil : "\(node) does not support this feature."
        }
        guard !levels.contains(update.level) else { return nil }
        return "\(node) only supports versions \(levels.lowerBound)-\(levels.upperBound)"
    }

    private func isKnown(_ feature: String) -> Bool {
        BootstrapRecords.finalizable.contains { $0.name == feature }
    }
}

// MARK: - What a level needs

extension Controller {
    /// A lower level must be able to hold what the higher one wrote. Kafka cannot discard it either (KIP-778).
    private func checkMetadataVersion(
        _ update: FeatureUpdate, _ kind: FeatureUpdate.Kind
    ) throws(ControllerError) {
        let wanted = MetadataVersion(update.level)
        guard wanted < image.metadataVersion, image.metadataVersion.losesMetadata(at: wanted)
        else { return }
        let reason =
            kind == .unsafeDowngrade
            ? "Unsafe metadata downgrade is not supported in this version."
            : "Refusing to perform the requested downgrade because it might delete metadata "
                + "information."
        throw ControllerError(
            .invalidUpdateVersion, "Invalid metadata.version \(update.level). \(reason)")
    }

    private func checkKRaftVersion(
        _ update: FeatureUpdate, _ present: Int16, _ quorum: QuorumMembership
    ) throws(ControllerError) {
        if update.level < present {
            throw refused(update, "Can't downgrade the version of this feature.")
        }
        if update.level > present, let reason = quorum.upgradeRefusal {
            throw refused(update, reason)
        }
    }

    private func checkDependencies(
        of update: FeatureUpdate, among updates: [FeatureUpdate]
    ) throws(ControllerError) {
        for (feature, least) in FeatureName.dependencies(of: update.feature, at: update.level) {
            let proposed = updates.first { $0.feature == feature }?.level
            let level =
                proposed
                ?? (feature == FeatureName.metadataVersion
                    ? image.metadataVersion.level : image.level(of: feature))
            guard level < least else { continue }
            throw refused(
                update,
                "\(update.feature) could not be set to \(update.level) because it depends on "
                    + "\(feature) level \(least)")
        }
    }
}

// MARK: - Eligible leader replicas

extension Controller {
    /// With eligible leader replicas on, `min.insync.replicas` is one value for the cluster, and stands in the
    /// log: who is eligible follows from it, and a controller's own file must not decide that (KIP-966).
    func shareMinInSync(in draft: inout Draft) {
        let name = "min.insync.replicas"
        let everybody = ConfigResource(.broker, "")
        if draft.image.config(name, of: everybody) == nil {
            let own = String(settings.broker.int(name))
            draft.append(.config(ConfigRecord(.broker, "", name, own)))
        }
        for resource in draft.image.configuredResources(of: .broker)
        where draft.image.config(name, of: resource) != nil {
            draft.append(.config(ConfigRecord(.broker, resource.name, name, nil)))
        }
    }
}
