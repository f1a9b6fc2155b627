public import Bytes
public import Wire

/// Why a group rebalanced, in the answers to DescribeGroups and ConsumerGroupDescribe (decision 0017).
extension GroupHistory {
    /// The tagged field, far above those that Kafka will use: empty in a request that asks for the history, and
    /// with it in each described group of the answer.
    public static let tag: UInt32 = 0x4d4c

    /// The field of a request that asks for it.
    public static var question: RawTaggedField { RawTaggedField(tag: tag, data: .empty) }

    /// Whether a request's tagged fields ask for it.
    public static func isAsked(by fields: [RawTaggedField]) -> Bool {
        fields.contains { $0.tag == tag }
    }

    /// The history among a described group's tagged fields; nil if there is none.
    public init?(in fields: [RawTaggedField]) throws(DecodeError) {
        guard let field = fields.first(where: { $0.tag == Self.tag }) else { return nil }
        var reader = ByteReader(field.data)
        try self.init(from: &reader, version: 0)
    }

    /// The history as a described group's tagged field.
    public func field() throws(EncodeError) -> RawTaggedField {
        var writer = ByteWriter(capacity: 256)
        try encode(to: &writer, version: 0)
        return RawTaggedField(tag: Self.tag, data: writer.finish())
    }
}
