package import InternalRecords

/// Reads the metadata log batch by batch and knows what may be shown of it.
///
/// Records between the begin and the end of a metadata transaction (KIP-868) are replayed at once but shown
/// only when it ends; an abort goes back to where it began, which costs nothing, as images are persistent.
package struct MetadataReplay: Sendable {
    private struct OpenTransaction: Sendable {
        /// The image it began with.
        let before: MetadataImage
        /// What it changed so far; bounded by the log, which ends or aborts it.
        var changes: [MetadataChange] = []
    }

    /// Everything replayed, an open transaction included.
    package private(set) var latest: MetadataImage
    private var delta: MetadataDelta
    private var open: OpenTransaction?

    package init(from image: MetadataImage = MetadataImage()) {
        latest = image
        delta = MetadataDelta(from: image)
    }

    /// What may be shown: everything outside an open transaction.
    package var published: MetadataImage { open?.before ?? latest }

    /// Whether a transaction is open; no snapshot may be taken at such a point.
    package var isInTransaction: Bool { open != nil }

    /// Replays one batch that ends at `position`. After an error the state is not to be used any more.
    package mutating func replay(
        _ records: [MetadataRecord], endingAt position: MetadataPosition
    ) throws(ReplayError) {
        for record in records { try replay(record) }
        latest.advance(to: position)
    }

    private mutating func replay(_ record: MetadataRecord) throws(ReplayError) {
        switch record {
        case .beginTransaction:
            guard open == nil else { throw .misplacedTransaction }
            open = OpenTransaction(before: latest)
        case .endTransaction:
            guard let ended = open else { throw .misplacedTransaction }
            for change in ended.changes { delta.note(change) }
            open = nil
        case .abortTransaction:
            guard let aborted = open else { throw .misplacedTransaction }
            latest = aborted.before
            open = nil
        default:
            let change = try latest.apply(record)
            if open == nil { delta.note(change) } else { open?.changes.append(change) }
        }
    }

    /// What may be shown now, and what changed in it since the last call.
    package mutating func take() -> (image: MetadataImage, delta: MetadataDelta) {
        defer { delta = MetadataDelta(from: published) }
        return (published, delta)
    }
}
