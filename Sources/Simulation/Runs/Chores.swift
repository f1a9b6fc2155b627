internal import Model

/// What an operator does to a cluster while faults strike it: topics come and go and grow, settings change,
/// leaderships are brought home.
final class Chores {
    /// Topics of the chores that are there at once.
    static let topicsMax = 4

    private let cluster: SimulatedCluster
    private let admin: SimulatedAdmin
    /// A topic whose settings may change without a promise being touched.
    private let tunable: String
    private var names: [(name: String, partitionCount: Int32)] = []
    private var nextName = 0

    init(on cluster: SimulatedCluster, tunable: String) {
        self.cluster = cluster
        self.tunable = tunable
        admin = SimulatedAdmin(on: cluster.makeClient(), timeline: cluster.timeline)
    }

    /// Everything is done.
    var isIdle: Bool { admin.isIdle }

    /// Does one thing, if the one before is done.
    func doOne() {
        guard isIdle else { return }
        switch cluster.draw(0...9) {
        case 0, 1: create()
        case 2: remove()
        case 3: grow()
        case 4: admin.electPreferredLeaders()
        case 5: admin.configure(tunable, "min.insync.replicas", "\(cluster.draw(1...3))")
        case 6:
            admin.configure(
                tunable, "flush.before.ack", cluster.draw(0...1) == 0 ? "true" : "false")
        case 7:
            admin.configure(tunable, "internal.segment.bytes", "\(cluster.draw(4...64) * 1_024)")
        default: break
        }
    }

    private func create() {
        guard names.count < Self.topicsMax else { return }
        let count = Int32(cluster.draw(1...4))
        names.append(("chore-\(nextName)", count))
        admin.createTopic(
            "chore-\(nextName)", partitionCount: count,
            replicationFactor: Int16(cluster.draw(2...3)))
        nextName += 1
    }

    private func remove() {
        guard !names.isEmpty else { return }
        admin.deleteTopic(names.remove(at: cluster.draw(0...names.count - 1)).name)
    }

    private func grow() {
        guard !names.isEmpty else { return }
        let index = cluster.draw(0...names.count - 1)
        names[index].partitionCount += 1
        admin.raisePartitions(of: names[index].name, to: names[index].partitionCount)
    }
}
