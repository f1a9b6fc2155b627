import Model
import Raft
import Testing

/// Seeded runs over a network that loses, repeats and reorders, with crashes that lose what was not synced.
@Suite("A quorum under faults")
struct RandomRunTests {
    struct Run {
        var cluster: ToyCluster
        var random: PRNG
        var value: Int64 = 0
        let size: Int
        /// Of a thousand steps, how many are misfortunes; how far one step may move the clock.
        let misfortunes: Int
        let stride: Int

        /// The one whose disk was wiped.
        var wiped: Int?

        init(voters: Int, observers: Int, joiners: Int = 0, isDynamic: Bool, seed: UInt64) {
            cluster = ToyCluster(
                voters: voters, observers: observers, joiners: joiners, isDynamic: isDynamic,
                seed: seed)
            cluster.check.seed = seed
            random = PRNG(seed: seed)
            size = voters + observers
            misfortunes = [15, 40, 80][Int(seed % 3)]
            stride = [20, 60, 150][Int(seed / 3 % 3)]
            for index in 0..<size { cluster.start(index) }
        }

        mutating func step(faults: Bool) {
            let dice = random.below(1000)
            switch dice {
            case 0..<500: moveMessage(faults: faults)
            case 500..<700: syncSome()
            case 700..<800: appendSome()
            case 800..<(1000 - misfortunes): passTime()
            default: if faults { misfortune() }
            }
        }

        private mutating func moveMessage(faults: Bool) {
            guard !cluster.network.isEmpty else { return }
            let at = random.below(min(cluster.network.count, 8))
            if faults, random.below(20) == 0 {
                cluster.network.append(cluster.network[at])
            } else if faults, random.below(30) == 0 {
                if random.below(2) == 0 { cluster.network.remove(at: at) } else { cluster.fail(at) }
                return
            }
            cluster.deliver(at)
        }

        private mutating func syncSome() {
            let index = random.below(size)
            cluster.finishSync(index)
        }

        private mutating func appendSome() {
            value += 1
            cluster.append(value, at: random.below(size))
        }

        private mutating func passTime() {
            let next = cluster.nextDeadline
            guard next != .distantFuture else { return }
            let step = Duration.milliseconds(1 + random.below(stride))
            cluster.advance(to: min(next, cluster.now + step))
        }

        private mutating func misfortune() {
            let index = random.below(size)
            switch random.below(8) {
            case 0, 1:
                if cluster.nodes[index].mind != nil {
                    cluster.crash(index, keeping: random.below(4))
                }
            case 2, 3, 4:
                for down in 0..<size where cluster.nodes[down].mind == nil {
                    cluster.start(down)
                }
            case 5:
                cluster.cut.insert([index, random.below(size)])
            case 6: cluster.cut = []
            default:
                if random.below(3) == 0 {
                    cluster.snapshot(index)
                } else if random.below(4) == 0 {
                    cluster.tell(index) { $0.resign(now: $1, &$2) }
                } else {
                    cluster.loseConnection(of: index, to: random.below(size))
                }
            }
        }

        /// An operator adds, removes, or has a disk replaced; by whom it is asked, and whether that is possible now,
        /// is left to chance.
        mutating func changeVoters() {
            let leader = (0..<size).first { cluster.nodes[$0].mind?.isLeader == true }
            let asked = random.below(8) == 0 ? random.below(size) : leader ?? 0
            let index = random.below(size)
            if let wiped {
                let former = ReplicaKey(
                    cluster.nodes[wiped].id, ToyCluster.directory(wiped + 1))
                if random.below(2) == 0 {
                    cluster.remove(former, at: asked)
                } else {
                    cluster.add(wiped, at: asked)
                }
            } else if random.below(4) == 0, isSettled {
                if cluster.nodes[index].mind != nil { cluster.crash(index) }
                cluster.wipe(index)
                wiped = index
            } else if random.below(2) == 0 {
                cluster.add(index, at: asked, waitsForCommit: random.below(4) > 0)
            } else {
                cluster.remove(cluster.key(index), at: asked)
            }
        }

        /// At least three vote, and no change of that is under way anywhere: a disk less is bearable then.
        private var isSettled: Bool {
            let sets = cluster.check.committed.filter { $0.kind == .voters }
            guard let last = sets.last, ToyEntry.voters(last.value).voters.count >= 3 else {
                return false
            }
            return cluster.nodes.allSatisfy { node in
                !node.disk.entries.dropFirst(cluster.check.committed.count).contains {
                    $0.kind == .voters
                }
            }
        }

        /// Q15: with all nodes up and nothing lost, a leader is elected and a write reaches everybody.
        mutating func heal() -> Bool {
            cluster.cut = []
            for down in 0..<size where cluster.nodes[down].mind == nil { cluster.start(down) }
            let limit = cluster.now + .seconds(30)
            var written: Int64?
            while cluster.now < limit {
                if !cluster.network.isEmpty {
                    cluster.deliver(0)
                } else if let index = (0..<size).first(where: { !cluster.nodes[$0].syncs.isEmpty })
                {
                    cluster.finishSync(index)
                } else {
                    if let leader = (0..<size).first(where: {
                        cluster.nodes[$0].mind?.hasCommittedInTerm == true
                    }), written == nil {
                        value += 1
                        written = value
                        cluster.append(value, at: leader)
                        continue
                    }
                    if let written,
                        cluster.nodes.allSatisfy({ node in
                            node.disk.entries.prefix(node.highWatermark).contains {
                                $0.value == written && $0.kind == .data
                            }
                        })
                    {
                        return true
                    }
                    if let lost = written,
                        !cluster.nodes.contains(where: { node in
                            node.disk.entries.contains { $0.kind == .data && $0.value == lost }
                        })
                    {
                        written = nil  // a leader that was replaced had not committed it
                    }
                    let next = cluster.nextDeadline
                    guard next < limit else { return false }
                    cluster.advance(to: next)
                }
            }
            return false
        }
    }

    @Test func `keeps them while voters come, go and lose their disks`() {
        var (changes, elections, replaced) = (0, 0, 0)
        for seed in 1...100 as ClosedRange<UInt64> {
            var run = Run(voters: 3, observers: 2, joiners: 2, isDynamic: true, seed: seed)
            for _ in 0..<2500 {
                run.step(faults: true)
                if run.random.below(20) == 0 { run.changeVoters() }
            }
            let hasHealed = run.heal()
            #expect(hasHealed, "Q15: seed \(seed) does not recover")
            changes += run.cluster.check.changes
            elections += run.cluster.check.elections
            if let wiped = run.wiped, run.cluster.nodes[wiped].mind?.isVoter == true {
                replaced += 1
            }
        }
        #expect(changes > 100, "the runs see changes")
        #expect(elections > 200, "the runs see elections")
        #expect(replaced > 5, "wiped voters come back")
    }

    @Test(arguments: [(3, 0, false), (3, 1, true), (5, 1, false), (1, 1, true), (5, 0, true)])
    func `keeps every promise of Raft and recovers`(voters: Int, observers: Int, isDynamic: Bool) {
        var elections = 0
        for seed in 1...60 as ClosedRange<UInt64> {
            var run = Run(
                voters: voters, observers: observers, isDynamic: isDynamic, seed: seed)
            for _ in 0..<2500 { run.step(faults: true) }
            let hasHealed = run.heal()
            #expect(hasHealed, "Q15: seed \(seed) does not recover")
            elections += run.cluster.check.elections
        }
        #expect(elections > 120, "the runs see elections")
    }
}
