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

    struct Address: Hashable, CustomStringConvertible {
        let host: String
        let port: UInt16
        var description: String { "\(host):\(port)" }
    }

    /// How long a kernel sends again what nobody acknowledges.
    static let giveUp = Duration.seconds(15)

    let time: VirtualTime
    private var hosts: Set<String> = []
    private var listeners: [Address: SimulatedListener] = [:]
    private var cuts: Set<Link> = []
    private var connections: [SimulatedConnection] = []
    private var nextConnection: UInt64 = 0
    private var nextPort: UInt16 = 30_000
    /// Shortest and longest way of a packet, in microseconds; one in fifty takes ten times as long.
    package var delay = 30...400

    package init(time: VirtualTime) { self.time = time }

    // MARK: Links

    func packetDelay() -> Duration {
        let length = time.microseconds(delay)
        return time.draw(0...49) == 0 ? length * 10 : length
    }

    func isCut(from: String, to: String) -> Bool { cuts.contains(Link(from: from, to: to)) }

    /// Nothing passes from `from` to `to` any more.
    package func cut(from: String, to: String) { cuts.insert(Link(from: from, to: to)) }

    /// All links work again.
    package func healAll() {
        cuts = []
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

    private func forget() { connections.removeAll { $0.isDone } }

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
