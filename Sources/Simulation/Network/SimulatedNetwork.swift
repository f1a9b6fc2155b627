internal import Bytes
internal import Model
internal import Ports

/// The hosts of a world, who listens where, and which links are cut.
///
/// A link is one direction between two hosts. While it is cut nothing passes: what was sent waits, as in a
/// kernel that sends again and again. When the link is healed, a connection goes on or breaks, as the seed
/// wills; one that waits for longer than `giveUp` breaks at its sender.
package final class SimulatedNetwork: @unchecked Sendable {
    // SAFETY: a simulated world lives on one thread.

    /// A direction between two hosts.
    struct Link: Hashable {
        let from: String
        let to: String
    }

    /// What a link does to what passes it.
    package struct Quality: Sendable {
        /// Added to the way of each packet.
        package var extraDelay = Duration.zero
        /// One packet in so many is lost and sent again by the kernel; 0: none.
        package var lossOneIn = 0

        package init(extraDelay: Duration = .zero, lossOneIn: Int = 0) {
            self.extraDelay = extraDelay
            self.lossOneIn = lossOneIn
        }
    }

    struct Address: Hashable, CustomStringConvertible {
        let host: String
        let port: UInt16
        var description: String { "\(host):\(port)" }
    }

    /// How long a kernel sends again what nobody acknowledges.
    static let giveUp = Duration.seconds(15)
    /// When a kernel first sends again what was lost.
    static let retransmission = Duration.milliseconds(200)

    let time: VirtualTime
    private var hosts: Set<String> = []
    private var listeners: [Address: SimulatedListener] = [:]
    private var cuts: Set<Link> = []
    private var qualities: [Link: Quality] = [:]
    private var connections: [SimulatedConnection] = []
    private var nextConnection: UInt64 = 0
    private var nextPort: UInt16 = 30_000
    /// Shortest and longest way of a packet, in microseconds; one in fifty takes ten times as long.
    package var delay = 30...400
    /// One attempt to connect in so many reaches the listener twice; 0: none.
    package var doubledConnectionOneIn = 0

    package init(time: VirtualTime) { self.time = time }

    /// Hears every frame that arrives.
    var tap: (any NetworkTap)?

    // MARK: Links

    func packetDelay() -> Duration {
        let length = time.microseconds(delay)
        return time.draw(0...49) == 0 ? length * 10 : length
    }

    /// The way of a packet over a link.
    func packetDelay(from: String, to: String) -> Duration {
        var length = packetDelay()
        guard !qualities.isEmpty, let quality = qualities[Link(from: from, to: to)] else {
            return length
        }
        length += quality.extraDelay
        var pause = Self.retransmission
        while quality.lossOneIn > 0, pause < Self.giveUp, time.draw(1...quality.lossOneIn) == 1 {
            length += pause
            pause = pause * 2
        }
        return length
    }

    /// A link becomes slow or lossy, until all links are healed.
    package func degrade(from: String, to: String, _ quality: Quality) {
        qualities[Link(from: from, to: to)] = quality
    }

    /// One end of each connection between two hosts is gone and does not say so, as when a box between them
    /// has forgotten it: `host` has closed it, the other finds out when it uses it.
    package func breakSilently(at host: String, to other: String) {
        for connection in connections
        where connection.process.host == host && connection.remoteHost == other {
            connection.vanish()
        }
    }

    func isCut(from: String, to: String) -> Bool { cuts.contains(Link(from: from, to: to)) }

    /// Nothing passes from `from` to `to` any more.
    package func cut(from: String, to: String) { cuts.insert(Link(from: from, to: to)) }

    /// All links work again.
    package func healAll() {
        cuts = []
        qualities = [:]
        forget()
        for connection in connections { connection.linkHealed() }
    }

    /// The links between two hosts work again.
    package func heal(_ a: String, _ b: String) {
        cuts.remove(Link(from: a, to: b))
        cuts.remove(Link(from: b, to: a))
        forget()
        for connection in connections where connection.isBetween(a, b) { connection.linkHealed() }
    }

    private func forget() {
        for connection in connections where connection.isDone { connection.forgotten() }
        connections.removeAll { $0.isDone }
    }

    /// The world is over.
    func end() {
        for connection in connections { connection.forgotten() }
        connections = []
        listeners = [:]
    }

    // MARK: Hosts

    func isRunning(_ host: String) -> Bool { hosts.contains(host) }
    func isKnown(_ host: String) -> Bool { host.hasPrefix("10.") }

    /// The host has power. Its peers' old connections break when they are used next; here: soon.
    package func hostStarted(_ host: String) {
        hosts.insert(host)
        for connection in connections where connection.remoteHost == host {
            connection.peerForgot()
        }
    }

    /// The host lost power: nothing leaves it, no farewell either.
    package func hostStopped(_ host: String) { hosts.remove(host) }

    // MARK: Connections

    func register(_ connection: SimulatedConnection) -> UInt64 {
        if connections.count > 256 { forget() }
        connections.append(connection)
        nextConnection += 1
        return nextConnection
    }

    func isDoubled() -> Bool {
        doubledConnectionOneIn > 0 && time.draw(1...doubledConnectionOneIn) == 1
    }

    func takePort() -> UInt16 {
        nextPort = nextPort == 60_000 ? 30_000 : nextPort + 1
        return nextPort
    }

    func listener(at address: Address) -> SimulatedListener? {
        listeners[address] ?? listeners[Address(host: "", port: address.port)]
    }

    func add(_ listener: SimulatedListener, at address: Address) -> Bool {
        guard listeners[address] == nil else { return false }
        listeners[address] = listener
        return true
    }

    func remove(_ listener: SimulatedListener, at address: Address) {
        if listeners[address] === listener { listeners[address] = nil }
    }
}

/// One who hears what arrives, after it has arrived and before anybody acts on it.
protocol NetworkTap: AnyObject {
    /// A frame from a client, over the connection the client knows by that number.
    func requestArrived(_ frame: SharedBytes, at port: UInt16, connection: UInt64)
    /// A frame for a client, from `host`.
    func answerArrived(_ frame: SharedBytes, from host: String, port: UInt16, connection: UInt64)
}
