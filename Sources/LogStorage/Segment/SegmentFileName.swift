package import Model

/// The files of a segment, all named by its base offset in twenty digits.
package enum SegmentFileKind: String, Sendable, CaseIterable {
    case log = ".log"
    case offsetIndex = ".index"
    case timeIndex = ".timeindex"
    case transactionIndex = ".txnindex"
    /// State of the producers as of the offset in the name.
    case producerSnapshot = ".snapshot"
}

/// The name of a file in a partition's directory.
package struct SegmentFileName: Hashable, Sendable, CustomStringConvertible {
    package let offset: Offset
    package let kind: SegmentFileKind

    package init(_ offset: Offset, _ kind: SegmentFileKind) {
        self.offset = offset
        self.kind = kind
    }

    /// Reads a name; nil if it is none of a segment's.
    package init?(_ name: String) {
        guard let dot = name.firstIndex(of: "."),
            let kind = SegmentFileKind(rawValue: String(name[dot...])),
            let offset = PathName.number(name[..<dot], width: 20),
            // The offsets of a segment are up to 31 bits above its base.
            offset < Int64.max - Int64(Int32.max)
        else { return nil }
        self.init(Offset(offset), kind)
    }

    package var description: String {
        PathName.padded(offset.rawValue, width: 20) + kind.rawValue
    }
}
