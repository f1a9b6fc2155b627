internal import InternalRecords
internal import Metadata
package import Model

extension Controller {
    /// Hands a broker a block of producer ids that nobody else will get.
    package func allocateProducerIDs(
        to broker: BrokerID, epoch: BrokerEpoch
    ) throws(ControllerError) -> ControllerResult<Range<Int64>> {
        _ = try checkedBroker(broker, epoch)
        let first = image.nextProducerID.rawValue
        guard first <= .max - ControllerSettings.producerIDBlock else {
            throw ControllerError(.unknownServerError, "Producer ids are exhausted")
        }
        var record = ProducerIdsRecord()
        record.brokerID = broker.rawValue
        record.brokerEpoch = epoch.rawValue
        record.nextProducerID = first + ControllerSettings.producerIDBlock
        return ControllerResult([.producerIds(record)], first..<record.nextProducerID)
    }
}
