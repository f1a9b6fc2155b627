internal import Bytes
internal import Ports

/// Cuts a stream of bytes into frames.
struct FrameCutter {
    /// A length that no frame may have.
    struct InvalidLength: Error {
        let length: Int64
    }

    private let framing: Framing
    private var rest = SharedBytes.empty

    init(_ framing: Framing) { self.framing = framing }

    /// The frames that `bytes` completes, without their lengths.
    mutating func take(_ bytes: SharedBytes) throws(InvalidLength) -> [SharedBytes] {
        guard case .lengthPrefixed(let limit) = framing else { return [bytes] }
        var stream = bytes
        if !rest.isEmpty {
            var joined = ByteWriter(capacity: rest.count + bytes.count)
            joined.bytes(rest)
            joined.bytes(bytes)
            stream = joined.finish()
        }
        var frames: [SharedBytes] = []
        while stream.count >= 4 {
            let length = Int(stream.integer(at: 0, as: Int32.self))
            guard length >= 0, length <= limit else { throw InvalidLength(length: Int64(length)) }
            guard stream.count >= 4 + length else { break }
            frames.append(stream[4..<4 + length])
            stream = stream.suffix(from: 4 + length)
        }
        rest = stream
        return frames
    }
}
