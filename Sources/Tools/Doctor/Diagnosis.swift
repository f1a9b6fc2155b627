internal import Client
internal import Model

/// Judges facts: a set of pure checks, each a function from what is known to what is wrong.
enum Diagnosis {
    /// Everything that is wrong with a running cluster.
    static func findings(_ facts: ClusterFacts) -> [Finding] {
        listeners(facts) + quorum(facts) + unknownTopics(facts) + leaderless(facts)
            + underReplicated(facts) + replication(facts) + disks(facts) + clocks(facts)
    }

    /// What was not looked at is no sign of health.
    static func unknownTopics(_ facts: ClusterFacts) -> [Finding] {
        guard let failure = facts.topicsFailure else { return [] }
        return [
            Finding(
                .error, "topics-unknown",
                "No broker told its topics: their partitions were not examined.",
                evidence: failure.description,
                remedy: "mend what else was found, then examine again")
        ]
    }

    // MARK: Listeners

    /// Brokers that are fenced, or do not answer under the address that they advertise.
    static func listeners(_ facts: ClusterFacts) -> [Finding] {
        facts.cluster.nodes.compactMap { node in
            let id = node.id.rawValue
            let address = node.address.description
            if node.isFenced {
                return Finding(
                    .error, "fenced-broker",
                    "Broker \(id) is registered and fenced: it serves nobody.",
                    evidence: "the controller has no heartbeat of it, or it is still starting",
                    remedy: "start it, or read its log; if it is gone for good: martlet cluster "
                        + "unregister --id \(id)")
            }
            switch facts.reach[node.id] ?? .notAsked {
            case .answers, .notAsked: return nil
            case .silent(let reason):
                return Finding(
                    .error, "advertised-listener",
                    "Broker \(id) does not answer here under the address that it advertises.",
                    evidence: "\(address): \(reason)",
                    remedy:
                        "set advertised.listeners of broker \(id) to an address that this machine "
                        + "reaches, or open the way to it")
            case .otherCluster(let cluster):
                return Finding(
                    .error, "advertised-listener",
                    "The address that broker \(id) advertises leads to another cluster.",
                    evidence: "\(address) belongs to cluster \(cluster), broker \(id) to "
                        + facts.cluster.clusterID,
                    remedy: "correct advertised.listeners of broker \(id)")
            case .otherNode:
                return Finding(
                    .error, "advertised-listener",
                    "The address that broker \(id) advertises leads to another broker.",
                    evidence: "who answers at \(address) is not broker \(id)",
                    remedy:
                        "give each broker advertised.listeners of its own; behind one address only "
                        + "a different port for each can work")
            }
        }
    }

    // MARK: Quorum

    /// A voter that has not fetched for so long is not there.
    private static let voterPatience: Int64 = 10_000

    static func quorum(_ facts: ClusterFacts) -> [Finding] {
        let quorum: QuorumDescription
        switch facts.quorum {
        case .failure(let error):
            return [
                Finding(
                    .error, "quorum-majority",
                    "The metadata quorum has no leader: nothing can be created, changed or elected.",
                    evidence: error.description,
                    remedy:
                        "start controllers until more than half of the voters run and reach each "
                        + "other")
            ]
        case .success(let described): quorum = described
        }
        guard !quorum.leaderID.isNone else {
            return [
                Finding(
                    .error, "quorum-majority", "The metadata quorum has no leader.",
                    evidence: "the quorum is described without one",
                    remedy: "start controllers until more than half of the voters run")
            ]
        }
        // Times are the leader's: they are compared with its own.
        let now = quorum.voters.map(\.lastFetch.rawValue).max() ?? -1
        let absent = quorum.voters.filter { voter in
            voter.id != quorum.leaderID && now - voter.lastFetch.rawValue > voterPatience
        }
        return voterFindings(quorum, absent)
    }

    private static func voterFindings(
        _ quorum: QuorumDescription, _ absent: [QuorumReplica]
    ) -> [Finding] {
        var findings: [Finding] = []
        let count = quorum.voters.count
        let majority = count / 2 + 1
        let present = count - absent.count
        if !absent.isEmpty {
            let ids = absent.map { String($0.id.rawValue) }.joined(separator: ", ")
            findings.append(
                Finding(
                    present > majority ? .warning : .error, "quorum-majority",
                    present > majority
                        ? "Controller \(ids) does not follow the quorum."
                        : "Controller \(ids) does not follow: one more lost and the quorum stops.",
                    evidence: "\(present) of \(count) voters follow, \(majority) are needed; "
                        + "last fetches: "
                        + absent.map { "\($0.id.rawValue) at \($0.lastFetch.rawValue)" }
                        .joined(separator: ", "),
                    remedy: "start controller \(ids), or read its log"))
        }
        if count == 1 {
            findings.append(
                Finding(
                    .warning, "quorum-size", "The quorum is a single controller.",
                    evidence: "voters: \(quorum.leaderID.rawValue)",
                    remedy: "run three, which go on when one is lost"))
        } else if count % 2 == 0 {
            findings.append(
                Finding(
                    .warning, "quorum-size",
                    "An even number of voters bears no more losses than one voter less.",
                    evidence: "\(count) voters, \(majority) are needed",
                    remedy: "run \(count - 1) or \(count + 1)"))
        }
        return findings
    }

    // MARK: Clocks

    /// Clocks may differ by so much without harm.
    private static let skewMax: Int64 = 5_000
    /// A record may be dated so far ahead.
    private static let aheadMax: Int64 = 60_000

    static func clocks(_ facts: ClusterFacts) -> [Finding] {
        var findings: [Finding] = []
        if case .success(let quorum) = facts.quorum,
            let leader = quorum.voters.first(where: { $0.id == quorum.leaderID }),
            leader.lastFetch.rawValue > 0
        {
            let skew = leader.lastFetch.rawValue - facts.now.rawValue
            if abs(skew) > skewMax {
                findings.append(
                    Finding(
                        .warning, "clock-skew",
                        "The clock of controller \(quorum.leaderID.rawValue) and of this machine differ.",
                        evidence: "there it is \(leader.lastFetch.rawValue), here "
                            + "\(facts.now.rawValue): \(skew) ms",
                        remedy: "have both kept by NTP"))
            }
        }
        let ahead = facts.newestTimes.filter { $0.time.rawValue - facts.now.rawValue > aheadMax }
        if let worst = ahead.max(by: { $0.time < $1.time }) {
            let seconds = (worst.time.rawValue - facts.now.rawValue) / 1000
            findings.append(
                Finding(
                    .warning, "clock-skew",
                    "\(ahead.count == 1 ? "A partition has" : "\(ahead.count) partitions have") records "
                        + "dated in the future: retention by time will keep them too long.",
                    evidence: "\(worst.partition) has one \(seconds) s ahead of this machine",
                    remedy: "correct the clock of the producer, or limit "
                        + "message.timestamp.after.max.ms"))
        }
        return findings
    }
}

extension BrokerID {
    /// Whether this names nobody.
    var isNone: Bool { self == .none }
}
