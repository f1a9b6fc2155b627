internal import Controller
internal import Model
internal import WireMessages

/// BrokerHeartbeat, v0 to v2 (KIP-631, 858, 1066), from a broker to the active controller.
enum BrokerHeartbeatHandler {
    static func handle(
        _ request: BrokerHeartbeatRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (BrokerHeartbeatResponse) -> Void
    ) {
        let beat = BrokerHeartbeat(
            broker: BrokerID(request.brokerID), epoch: BrokerEpoch(request.brokerEpoch),
            metadataOffset: Offset(request.currentMetadataOffset), wantsFence: request.wantFence,
            wantsShutdown: request.wantShutDown,
            offlineDirectories: request.offlineLogDirs.map { DirectoryID($0) },
            cordonedDirectories: request.cordonedLogDirs.map { $0.map { DirectoryID($0) } })
        driver.decide { controller, now throws(ControllerError) in
            try controller.heartbeat(beat, now: now)
        } completion: { outcome in
            var response = BrokerHeartbeatResponse()
            switch outcome {
            case .success(let reply):
                response.isCaughtUp = reply.isCaughtUp
                response.isFenced = reply.isFenced
                response.shouldShutDown = reply.mayStop
            case .failure(let error): response.errorCode = error.code
            }
            answer(response)
        }
    }
}
