internal import Bytes
internal import Groups
internal import Metadata
internal import Model
internal import Wire
internal import WireMessages

/// ConsumerGroupHeartbeat, v0 and v1 (KIP-848, 1082): joins, stays and leaves in one request. Served where the
/// cluster has finalized `group.version` and `group.coordinator.rebalance.protocols` offers `consumer`.
enum ConsumerGroupHeartbeatHandler {
    /// From here on members make their ids themselves.
    private static let ownIDFrom: Int16 = 1

    static func handle(_ scope: RequestScope) throws(DecodeError) {
        let wire: ConsumerGroupHeartbeatRequest = try scope.request()
        let exchange = scope.exchange
        let shard = scope.shard
        guard shard.image.level(of: FeatureName.groupVersion) >= 1 else {
            exchange.respond(response(.error(.unsupportedVersion)))
            return
        }
        let request = ConsumerHeartbeat(
            wire, exchange, makesOwnID: exchange.version >= ownIDFrom)
        shard.coordinate(request.groupID) { error in
            exchange.respond(response(.error(error)))
        } _: { coordinator in
            guard coordinator.mind.settings.consumer.isEnabled else {
                exchange.respond(response(.error(.unsupportedVersion)))
                return
            }
            guard let pattern = request.pattern, !pattern.isEmpty else {
                beat(coordinator, request, exchange)
                return
            }
            coordinator.check(pattern, in: request.groupID) { error in
                exchange.respond(response(.error(error)))
            } _: { coordinator, fault in
                guard let fault else {
                    beat(coordinator, request, exchange)
                    return
                }
                exchange.respond(
                    response(
                        .error(
                            .invalidRegularExpression,
                            "SubscribedTopicRegex is not a valid regular expression: \(fault).")))
            }
        }
    }

    private static func beat(
        _ coordinator: GroupCoordinator, _ request: ConsumerHeartbeat, _ exchange: Exchange
    ) {
        coordinator.handle(request.groupID) { reply in
            exchange.respond(response(reply))
        } _: { mind, ticket, now, time in
            mind.heartbeat(request, ticket, now: now, time: time)
        }
    }

    private static func response(_ reply: GroupReply) -> ConsumerGroupHeartbeatResponse {
        var response = ConsumerGroupHeartbeatResponse()
        switch reply {
        case .heartbeat(let told):
            response.errorCode = told.error
            response.errorMessage = told.message
            response.memberID = told.memberID
            response.memberEpoch = told.epoch
            response.heartbeatIntervalMs = Int32(clamping: told.interval.inMilliseconds)
            response.assignment = told.assignment.map { set in
                var assignment = ConsumerGroupHeartbeatResponse.Assignment()
                assignment.topicPartitions = set.inOrder.map {
                    .init(topicID: $0.id.uuid, partitions: $0.partitions)
                }
                return assignment
            }
        case .error(let error, let message):
            response.errorCode = error
            response.errorMessage = message
        case .joined, .synced, .left, .offsets:
            preconditionFailure("a heartbeat is answered as one")
        }
        return response
    }
}

extension ConsumerHeartbeat {
    fileprivate init(
        _ wire: ConsumerGroupHeartbeatRequest, _ exchange: Exchange, makesOwnID: Bool
    ) {
        self.init(wire.groupID)
        memberID = wire.memberID
        epoch = wire.memberEpoch
        instanceID = wire.instanceID
        rackID = wire.rackID
        client = GroupClient(of: exchange)
        rebalance = wire.rebalanceTimeoutMs < 0 ? nil : .milliseconds(wire.rebalanceTimeoutMs)
        topics = wire.subscribedTopicNames
        pattern = wire.subscribedTopicRegex
        assignor = wire.serverAssignor
        owned = wire.topicPartitions.map { topics in
            PartitionSet(topics.map { (TopicID($0.topicID), $0.partitions) })
        }
        self.makesOwnID = makesOwnID
    }
}
