internal import Bytes
internal import Model
internal import Ports
internal import Wire

/// Writes a Fetch answer around records that stay where they are: in files or in shared blocks.
///
/// The generated `FetchResponse` would need the records in memory. This writes the same bytes, as a test
/// compares for every version, and leaves a gap for each run of records.
struct FetchResponseRenderer: ~Copyable {
    /// The answers of one topic, in order.
    struct Topic {
        let reference: TopicReference
        var partitions: [(index: Int32, answer: FetchAnswer)]
    }

    struct Node {
        let id: BrokerID
        let host: String
        let port: Int32
        let rack: String?
    }

    private let version: Int16
    private var isFlexible: Bool { version >= 12 }
    private var pieces: [OutgoingPiece] = []
    private var pieceBytes = 0
    private var writer: ByteWriter

    private init(version: Int16, capacity: Int) {
        self.version = version
        writer = ByteWriter(capacity: capacity)
    }

    /// The whole frame, length included. `version` is one of 4 to 18.
    static func render(
        version: Int16, correlationID: Int32, error: ErrorCode, sessionID: Int32, topics: [Topic],
        nodes: [Node]
    ) -> [OutgoingPiece] {
        let partitions = topics.reduce(0) { $0 + $1.partitions.count }
        var renderer = FetchResponseRenderer(version: version, capacity: 64 + partitions * 80)
        renderer.header(correlationID, error, sessionID)
        renderer.count(topics.count)
        for topic in topics { renderer.topic(topic) }
        renderer.nodes(nodes)
        return renderer.finish()
    }

    private mutating func header(_ correlationID: Int32, _ error: ErrorCode, _ sessionID: Int32) {
        writer.int32(0)  // the frame's length, known at the end
        writer.int32(correlationID)
        if isFlexible { writer.unsignedVarint(0) }
        writer.int32(0)  // throttle time
        if version >= 7 {
            writer.int16(error.rawValue)
            writer.int32(sessionID)
        }
    }

    private mutating func count(_ count: Int) {
        if isFlexible {
            writer.unsignedVarint(UInt32(count + 1))
        } else {
            writer.int32(Int32(count))
        }
    }

    private mutating func topic(_ topic: Topic) {
        switch topic.reference {
        case .id(let id):
            writer.uint64(id.uuid.high)
            writer.uint64(id.uuid.low)
        case .name(let name):
            string(name)
        }
        count(topic.partitions.count)
        for (index, answer) in topic.partitions { partition(index, answer) }
        if isFlexible { writer.unsignedVarint(0) }
    }

    private mutating func partition(_ index: Int32, _ answer: FetchAnswer) {
        writer.int32(index)
        writer.int16(answer.error.rawValue)
        writer.int64(answer.highWatermark.rawValue)
        writer.int64(answer.lastStableOffset.rawValue)
        if version >= 5 { writer.int64(answer.logStartOffset.rawValue) }
        aborted(answer.abortedTransactions)
        if version >= 11 { writer.int32((answer.preferredReplica ?? .none).rawValue) }
        records(answer.records)
        if isFlexible { partitionTags(answer) }
    }

    private mutating func aborted(_ list: [FetchAnswer.Aborted]?) {
        guard let list else {
            if isFlexible { writer.unsignedVarint(0) } else { writer.int32(-1) }
            return
        }
        count(list.count)
        for entry in list {
            writer.int64(entry.producerID.rawValue)
            writer.int64(entry.firstOffset.rawValue)
            if isFlexible { writer.unsignedVarint(0) }
        }
    }

    private mutating func records(_ runs: [OutgoingPiece]) {
        // Clients take "no records" as an empty run; null would stop some of them.
        count(runs.reduce(0) { $0 + $1.count })
        guard !runs.isEmpty else { return }
        cutPiece()
        for run in runs {
            pieces.append(run)
            pieceBytes += run.count
        }
    }

    private mutating func partitionTags(_ answer: FetchAnswer) {
        let tags = (answer.divergingEpoch == nil ? 0 : 1) + (answer.currentLeader == nil ? 0 : 1)
        writer.unsignedVarint(UInt32(tags))
        if let diverging = answer.divergingEpoch {
            writer.unsignedVarint(0)
            writer.unsignedVarint(13)
            writer.int32(diverging.epoch.rawValue)
            writer.int64(diverging.offset.rawValue)
            writer.unsignedVarint(0)
        }
        if let leader = answer.currentLeader {
            writer.unsignedVarint(1)
            writer.unsignedVarint(9)
            writer.int32(leader.id.rawValue)
            writer.int32(leader.epoch.rawValue)
            writer.unsignedVarint(0)
        }
    }

    private mutating func nodes(_ nodes: [Node]) {
        guard isFlexible else { return }
        guard version >= 16, !nodes.isEmpty else {
            writer.unsignedVarint(0)
            return
        }
        var list = ByteWriter()
        list.unsignedVarint(UInt32(nodes.count + 1))
        for node in nodes {
            list.int32(node.id.rawValue)
            list.compact(node.host)
            list.int32(node.port)
            if let rack = node.rack { list.compact(rack) } else { list.unsignedVarint(0) }
            list.unsignedVarint(0)
        }
        writer.unsignedVarint(1)
        writer.unsignedVarint(0)
        writer.unsignedVarint(UInt32(list.count))
        writer.bytes(list.finish())
    }

    private mutating func string(_ text: String) {
        if isFlexible {
            writer.compact(text)
        } else {
            writer.int16(Int16(text.utf8.count))
            writer.utf8(text)
        }
    }

    /// What was written so far becomes a piece; `firstLength` of the frame is patched in at the end.
    private mutating func cutPiece() {
        var next = ByteWriter(capacity: 256)
        swap(&next, &writer)
        let bytes = next.finish()
        guard bytes.count > 0 else { return }
        pieceBytes += bytes.count
        pieces.append(.bytes(bytes))
    }

    private consuming func finish() -> [OutgoingPiece] {
        cutPiece()
        guard case .bytes(let first)? = pieces.first else {
            preconditionFailure("a frame begins with its header")
        }
        first.overwrite(Int32(pieceBytes - 4), at: 0)
        return pieces
    }
}

extension ByteWriter {
    /// A compact string: unsigned varint of length + 1, then UTF-8.
    fileprivate mutating func compact(_ text: String) {
        unsignedVarint(UInt32(text.utf8.count + 1))
        utf8(text)
    }
}
