import Model
import Raft

/// Plays a scenario and answers it with what really happened. Messages are delivered in the order in which
/// they were sent; time stands still unless a command moves it.
struct ToyPlay {
    private var cluster = ToyCluster(voters: 1, seed: 1)

    static func run(_ text: String) -> String {
        var play = ToyPlay()
        var lines: [String] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") || line.isEmpty { lines.append(String(line)) }
            guard line.hasPrefix("> ") else { continue }
            lines.append(String(line))
            play.cluster.transcript = []
            play.perform(line.dropFirst(2).split(separator: " ").map(String.init))
            lines += play.cluster.transcript.map { "  " + $0 }
        }
        return lines.joined(separator: "\n")
    }

    private mutating func perform(_ words: [String]) {
        let numbers = words.dropFirst().compactMap { Int($0) }
        let node = (numbers.first ?? 1) - 1
        let peer = numbers.count > 1 ? numbers[1] - 1 : 0
        switch words[0] {
        case "voters", "dynamic-voters":
            cluster = ToyCluster(
                voters: numbers[0], observers: numbers.count > 1 ? numbers[1] : 0,
                isDynamic: words[0] == "dynamic-voters", seed: 7)
        case "elected": elect(voters: numbers[0])
        case "dynamic":
            elect(voters: numbers[0], joiners: numbers[1], joinsByItself: words.last == "by-itself")
        case "add": cluster.add(peer, at: node)
        case "add-early": cluster.add(peer, at: node, waitsForCommit: false)
        case "remove": cluster.remove(cluster.key(peer), at: node)
        case "remove-former":
            cluster.remove(
                ReplicaKey(cluster.nodes[peer].id, ToyCluster.directory(peer + 1)), at: node)
        case "wipe": cluster.wipe(node)
        case "supports": cluster.supported[node] = 0...Int16(numbers[1])
        case "upgrade": upgrade(node)
        case "move": move(node)
        case "full": cluster.full.insert(node)
        case "room": cluster.full.remove(node)
        case "start": for number in numbers { cluster.start(number - 1) }
        case "settle": settle()
        case "deliver": deliver(from: node, to: peer)
        case "lose": cluster.network.removeAll { $0.from == node && $0.to == peer }
        case "cut":
            cluster.cut.insert([node, peer])
            cluster.cut.insert([peer, node])
        case "mend": cluster.cut = []
        case "sync": while !cluster.nodes[node].syncs.isEmpty { cluster.finishSync(node) }
        case "append": cluster.append(Int64(numbers[1]), at: node)
        case "crash": cluster.crash(node)
        case "disconnect": cluster.loseConnection(of: node, to: peer)
        case "resign": cluster.tell(node) { $0.resign(now: $1, &$2) }
        case "shutdown": cluster.tell(node) { $0.shutDown(now: $1, &$2) }
        case "snapshot": cluster.snapshot(node)
        case "pass": pass(.milliseconds(numbers[0]))
        case "timer": timer(of: node, after: .milliseconds(numbers[1]))
        case "state": describeAll()
        case "voters-known":
            for node in cluster.nodes {
                let known = node.mind.map { "\($0.voters.voters.map(\.key.id.rawValue))" } ?? "-"
                cluster.transcript.append("\(node.id.rawValue) knows voters \(known)")
            }
        default: cluster.transcript.append("no such command")
        }
    }

    /// A quorum that node 1 leads since term 1; with another seed if chance wants it otherwise.
    private mutating func elect(voters: Int, joiners: Int? = nil, joinsByItself: Bool = false) {
        for seed in 1...200 as ClosedRange<UInt64> {
            cluster = ToyCluster(
                voters: voters, observers: joiners ?? 0, joiners: joiners ?? 0,
                isDynamic: joiners != nil, joinsByItself: joinsByItself, seed: seed)
            for index in 0..<voters { cluster.start(index) }
            pass(.milliseconds(600))
            guard let mind = cluster.nodes[0].mind, mind.isLeader else { continue }
            guard mind.term.rawValue == 1, mind.hasCommittedInTerm else { continue }
            cluster.transcript = []
            return
        }
        cluster.transcript.append("node 1 is never elected")
    }

    private mutating func upgrade(_ node: Int) {
        if let refusal = cluster.nodes[node].mind?.refusalOfUpgrade(to: 1) {
            cluster.transcript.append(refusal.message ?? "\(refusal.error)")
            return
        }
        cluster.tell(node) { $0.raiseKRaftVersion(to: 1, now: $1, &$2) }
    }

    /// A node that is down will listen elsewhere.
    private mutating func move(_ node: Int) {
        cluster.nodes[node].configuration.endpoints =
            ToyCluster.voter(node + 1, isMoved: true).endpoints
    }

    /// Until no message and no sync is left.
    private mutating func settle() {
        for _ in 0..<10_000 {
            if !cluster.network.isEmpty {
                cluster.deliver(0)
            } else if let index = cluster.nodes.firstIndex(where: { !$0.syncs.isEmpty }) {
                cluster.finishSync(index)
            } else {
                return
            }
        }
        cluster.transcript.append("does not settle")
    }

    private mutating func deliver(from node: Int, to peer: Int) {
        while let at = cluster.network.firstIndex(where: { $0.from == node && $0.to == peer }) {
            cluster.deliver(at)
        }
    }

    /// Time goes on for everybody, and what is sent arrives.
    private mutating func pass(_ duration: Duration) {
        let end = cluster.now + duration
        while cluster.now < end {
            settle()
            cluster.advance(to: min(end, cluster.nextDeadline))
        }
        settle()
    }

    /// Time goes on, but only this node looks at the clock.
    private mutating func timer(of node: Int, after duration: Duration) {
        cluster.now = cluster.now + duration
        cluster.tell(node) { $0.deadlineReached(now: $1, &$2) }
    }

    private mutating func describeAll() {
        for node in cluster.nodes {
            let number = node.id.rawValue
            guard let mind = node.mind else {
                cluster.transcript.append("\(number) is down")
                continue
            }
            let leader = mind.leadership.leader.map { "\($0.rawValue)" } ?? "-"
            cluster.transcript.append(
                "\(number) \(mind.roleName) term=\(mind.term.rawValue) leader=\(leader)"
                    + " committed=\(node.highWatermark) log=\(node.disk.entries)")
        }
    }
}
