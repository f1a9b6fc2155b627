package import InternalRecords

/// What the controller decided: records to append as one batch, and the answer to give once they are
/// committed. Without records the answer waits for what was decided before, which it was read from.
package struct ControllerResult<Response: Sendable>: Sendable {
    package let records: [MetadataRecord]
    package let response: Response

    package init(_ records: [MetadataRecord], _ response: Response) {
        self.records = records
        self.response = response
    }
}
