import Bytes
import Ports
import Synchronization

@testable import Networking

/// A handler that tells a test what happened, and may do something about it on the loop.
final class Recorder: ConnectionHandler, @unchecked Sendable {
    enum Event: Equatable, Sendable {
        case connected
        case received([SharedBytes])
        case drained
        case closed(CloseReason)
    }

    let events = Inbox<Event>()
    /// Of received frames only their number is told, when they would be too many to keep.
    var onFrames: (([SharedBytes], any Connection) -> Void)?
    var onConnected: ((any Connection) -> Void)?

    func connected(_ connection: any Connection) {
        onConnected?(connection)
        events.put(.connected)
    }

    func received(_ frames: [SharedBytes], on connection: any Connection) {
        if let onFrames { onFrames(frames, connection) } else { events.put(.received(frames)) }
    }

    func drained(_ connection: any Connection) { events.put(.drained) }

    func closed(_ connection: any Connection, _ reason: CloseReason) { events.put(.closed(reason)) }

    /// The next `count` frames, however they were grouped.
    func frames(_ count: Int) throws -> [SharedBytes] {
        var all: [SharedBytes] = []
        while all.count < count {
            let event = try events.take()
            guard case .received(let frames) = event else { throw Unexpected(event: event) }
            all += frames
        }
        return all
    }

    struct Unexpected: Error { let event: Event }
}

/// A connection that a test carries to its loop.
struct Carried: @unchecked Sendable {
    let connection: any Connection
    var tcp: TCPConnection { connection as! TCPConnection }
}
