internal import Controller
internal import Model
internal import WireMessages

/// AllocateProducerIds, v0 (KIP-730), from a broker to the active controller.
enum AllocateProducerIdsHandler {
    static func handle(
        _ request: AllocateProducerIdsRequest, version: Int16, _ driver: ControllerDriver,
        answer: @escaping (AllocateProducerIdsResponse) -> Void
    ) {
        driver.decide { controller, _ throws(ControllerError) in
            try controller.allocateProducerIDs(
                to: BrokerID(request.brokerID), epoch: BrokerEpoch(request.brokerEpoch))
        } completion: { outcome in
            var response = AllocateProducerIdsResponse()
            switch outcome {
            case .success(let block):
                response.producerIDStart = block.lowerBound
                response.producerIDLen = Int32(block.count)
            case .failure(let error): response.errorCode = error.code
            }
            answer(response)
        }
    }
}
