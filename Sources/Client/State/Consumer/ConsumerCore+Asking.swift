internal import Bytes
internal import Model
internal import Wire
internal import WireMessages

extension ConsumerCore {
    /// Asks for what is wanted now.
    mutating func advance(
        network: inout Network, metadata: inout MetadataCache, now: Instant
    ) {
        suspect(metadata: &metadata, now: now)
        askForOffsets(network: &network, metadata: &metadata, now: now)
        guard bufferedBytes < bufferMax else { return }
        fetch(network: &network, metadata: &metadata, now: now)
    }

    /// Looks at the layout again while an answer is overdue: its broker may hang.
    private mutating func suspect(metadata: inout MetadataCache, now: Instant) {
        guard now >= nextSuspicion, now >= firstSuspicion else { return }
        nextSuspicion = now + patience
        metadata.requestUpdate()
    }

    private var firstSuspicion: Instant {
        let asked = Array(fetches.values) + Array(offsetQuestions.values)
        return asked.map(\.suspicion).min() ?? .distantFuture
    }

    /// The leader of the partition if it may be asked now; connects to it if need be.
    private func target(
        of cursor: PartitionCursor, network: inout Network, metadata: inout MetadataCache,
        now: Instant
    ) -> PartitionView? {
        guard metadata.isKnown else { return nil }
        guard let view = metadata.partition(cursor.partition), view.leader != .none else {
            metadata.requestUpdate()
            return nil
        }
        guard cursor.isReady(leaderEpoch: view.leaderEpoch, now: now) else { return nil }
        return view
    }

    // MARK: Positions

    private mutating func askForOffsets(
        network: inout Network, metadata: inout MetadataCache, now: Instant
    ) {
        var nodes: [BrokerID] = []
        var byNode: [BrokerID: [Int]] = [:]
        for index in cursors.indices {
            guard case .awaitingOffset(_, isAsked: false) = cursors[index].state else { continue }
            guard
                let view = target(
                    of: cursors[index], network: &network, metadata: &metadata, now: now),
                offsetQuestions[view.leader] == nil
            else { continue }
            if byNode[view.leader] == nil { nodes.append(view.leader) }
            byNode[view.leader, default: []].append(index)
        }
        for node in nodes {
            ask(byNode[node] ?? [], at: node, network: &network, metadata: metadata, now: now)
        }
    }

    private mutating func ask(
        _ indices: [Int], at node: BrokerID, network: inout Network, metadata: MetadataCache,
        now: Instant
    ) {
        var request = ListOffsetsRequest()
        request.replicaID = -1
        request.isolationLevel = configuration.isolationLevel.rawValue
        request.timeoutMs = Int32(clamping: network.configuration.requestTimeout.inMilliseconds)
        for index in indices {
            guard case .awaitingOffset(let reset, _) = cursors[index].state else { continue }
            let partition = cursors[index].partition
            let view = metadata.partition(partition)
            var entry = ListOffsetsRequest.ListOffsetsPartition()
            entry.partitionIndex = partition.partition
            entry.currentLeaderEpoch = view?.leaderEpoch.rawValue ?? -1
            switch reset {
            case .earliest: entry.timestamp = -2
            case .latest, .none: entry.timestamp = -1
            case .timestamp(let time): entry.timestamp = time.rawValue
            case .byDuration(let length):
                entry.timestamp = max(wallTime.rawValue - length.inMilliseconds, 0)
            }
            if let at = request.topics.firstIndex(where: { $0.name == partition.topic }) {
                request.topics[at].partitions.append(entry)
            } else {
                var topic = ListOffsetsRequest.ListOffsetsTopic()
                topic.name = partition.topic
                topic.partitions = [entry]
                request.topics.append(topic)
            }
            cursors[index].state = .awaitingOffset(reset, isAsked: true)
            cursors[index].triedEpoch = view?.leaderEpoch ?? .none
        }
        offsetQuestions[node] = asked(indices, now)
        network.submit(
            OutgoingRequest(request), for: .listOffsets(node), to: .node(node),
            deadline: now + network.configuration.requestTimeout, now: now)
    }

    private func asked(_ indices: [Int], _ now: Instant) -> Asked {
        Asked(
            partitions: indices.map { index in
                (partition: cursors[index].partition, generation: cursors[index].generation)
            }, suspicion: now + configuration.maxWait + patience)
    }

    // MARK: Records

    private mutating func fetch(
        network: inout Network, metadata: inout MetadataCache, now: Instant
    ) {
        var nodes: [BrokerID] = []
        var byNode: [BrokerID: [Int]] = [:]
        for index in cursors.indices where wantsRecords(cursors[index]) {
            guard
                let view = target(
                    of: cursors[index], network: &network, metadata: &metadata, now: now)
            else { continue }
            guard
                let node = source(of: index, leader: view.leader, metadata: &metadata, now: now),
                fetches[node] == nil
            else { continue }
            if byNode[node] == nil { nodes.append(node) }
            byNode[node, default: []].append(index)
        }
        for node in nodes {
            fetch(byNode[node] ?? [], from: node, network: &network, metadata: metadata, now: now)
        }
        // The first partitions of a request get most of a full answer: others shall be first next time. Not
        // before all nodes are asked, for cursors go by their place here.
        if !nodes.isEmpty, cursors.count > 1 { cursors.append(cursors.removeFirst()) }
    }

    private func wantsRecords(_ cursor: PartitionCursor) -> Bool {
        guard case .fetching = cursor.state, !cursor.isPaused, !cursor.isHeld else { return false }
        guard !cursor.isUnannounced else { return false }
        return cursor.bufferedBytes < configuration.partitionMaxBytes
    }

    /// Whom to ask for the records of a partition; nil for now if the leader has named a replica that we do not know.
    private mutating func source(
        of index: Int, leader: BrokerID, metadata: inout MetadataCache, now: Instant
    ) -> BrokerID? {
        guard let preferred = cursors[index].preferredReplica else { return leader }
        guard now < preferred.until else {
            cursors[index].preferredReplica = nil
            return leader
        }
        guard metadata.nodes.contains(where: { $0.id == preferred.node }) else {
            // It has come back since we last asked who there is: the leader would only name it again.
            cursors[index].preferredReplica = nil
            metadata.requestUpdate()
            postpone(index, now: now)
            return nil
        }
        return preferred.node
    }

    private mutating func fetch(
        _ indices: [Int], from node: BrokerID, network: inout Network, metadata: MetadataCache,
        now: Instant
    ) {
        // From version 12 on the leader itself compares our past with its own.
        let comparesEpochs = (network.versions(of: node)?[.fetch]?.upperBound ?? 0) >= 12
        var wanted: [FetchSession.Entry] = []
        for index in indices {
            let cursor = cursors[index]
            let view = metadata.partition(cursor.partition)
            cursors[index].triedEpoch = view?.leaderEpoch ?? .none
            wanted.append(
                FetchSession.Entry(
                    partition: cursor.partition,
                    topicID: metadata.topics[cursor.partition.topic]?.id ?? .zero,
                    currentEpoch: view?.leaderEpoch ?? .none, offset: cursor.fetchOffset,
                    // A near replica that is behind would take our past for one that it lost.
                    lastEpoch: comparesEpochs && node == view?.leader ? cursor.fetchEpoch : .none,
                    bytesMax: configuration.partitionMaxBytes))
        }
        let plan = sessions[node, default: FetchSession()].next(wanted)
        fetches[node] = asked(indices, now)
        // Topic ids replace names in version 13.
        let hasIDs = wanted.allSatisfy { $0.topicID != .zero }
        let highest = hasIDs ? FetchRequest.validVersions.upperBound : 12
        network.submit(
            OutgoingRequest(request(plan), versions: (comparesEpochs ? 12 : 4)...highest),
            for: .fetch(node), to: .node(node),
            deadline: now + network.configuration.requestTimeout, now: now)
    }

    private func request(_ plan: FetchSession.Request) -> FetchRequest {
        var request = FetchRequest()
        request.maxWaitMs = Int32(clamping: configuration.maxWait.inMilliseconds)
        request.minBytes = Int32(clamping: configuration.minBytes)
        request.maxBytes = Int32(clamping: configuration.maxBytes)
        request.isolationLevel = configuration.isolationLevel.rawValue
        request.rackID = configuration.rack
        request.sessionID = plan.sessionID
        request.sessionEpoch = plan.epoch
        for entry in plan.named {
            var partition = FetchRequest.FetchPartition()
            partition.partition = entry.partition.partition
            partition.currentLeaderEpoch = entry.currentEpoch.rawValue
            partition.fetchOffset = entry.offset.rawValue
            partition.lastFetchedEpoch = entry.lastEpoch.rawValue
            partition.partitionMaxBytes = Int32(clamping: entry.bytesMax)
            let name = entry.partition.topic
            if let at = request.topics.firstIndex(where: { $0.topic == name }) {
                request.topics[at].partitions.append(partition)
                continue
            }
            var topic = FetchRequest.FetchTopic()
            topic.topic = name
            topic.topicID = entry.topicID.uuid
            topic.partitions = [partition]
            request.topics.append(topic)
        }
        request.forgottenTopicsData = forgotten(plan.forgotten)
        return request
    }

    private func forgotten(_ entries: [FetchSession.Entry]) -> [FetchRequest.ForgottenTopic] {
        var topics: [FetchRequest.ForgottenTopic] = []
        for entry in entries {
            if topics.last?.topic == entry.partition.topic {
                topics[topics.count - 1].partitions.append(entry.partition.partition)
                continue
            }
            var topic = FetchRequest.ForgottenTopic()
            topic.topic = entry.partition.topic
            topic.topicID = entry.topicID.uuid
            topic.partitions = [entry.partition.partition]
            topics.append(topic)
        }
        return topics
    }

    // MARK: Time

    /// When `advance` is due without an event.
    func nextDeadline(now: Instant) -> Instant {
        var next = max(firstSuspicion, nextSuspicion)
        for cursor in cursors where cursor.notBefore > now { next = min(next, cursor.notBefore) }
        return next
    }
}
