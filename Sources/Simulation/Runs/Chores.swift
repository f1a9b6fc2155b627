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
    /// A topic with promises: it may ask for more replicas in sync, not for fewer than the bounds allow.
    private let guarded: String
    /// Partitions that move between brokers; empty in most worlds.
    private let moving: [TopicPartition]
    /// Partitions whose replicas move between the directories of their brokers; empty in most worlds.
    private let movingWithin: [TopicPartition]
    private var names: [(name: String, partitionCount: Int32)] = []
    private var nextName = 0

    init(
        on cluster: SimulatedCluster, tunable: String, guarded: String,
        moving: [TopicPartition] = [],
        movingWithin: [TopicPartition] = []
    ) {
        self.moving = moving
        self.movingWithin = movingWithin
        self.cluster = cluster
        self.tunable = tunable
        self.guarded = guarded
        admin = SimulatedAdmin(on: cluster.makeClient(), timeline: cluster.timeline)
    }

    /// Everything is done.
    var isIdle: Bool { admin.isIdle }

    /// Does one thing, if the one before is done.
    func doOne() {
        guard isIdle else { return }
        if !moving.isEmpty, cluster.draw(0...3) == 0 { return reassign() }
        if !movingWithin.isEmpty, cluster.draw(0...3) == 0 { return moveWithin() }
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
        case 8: admin.configure(guarded, "min.insync.replicas", "\(cluster.draw(2...3))")
        default: break
        }
    }

    /// Three brokers, whichever, are to have a partition.
    private func reassign() {
        let place = moving[cluster.draw(0...moving.count - 1)]
        var brokers = cluster.nodes.filter(\.role.isBroker).map(\.id)
        while brokers.count > 3 { brokers.remove(at: cluster.draw(0...brokers.count - 1)) }
        let first = brokers.remove(at: cluster.draw(0...brokers.count - 1))
        admin.assign([first] + brokers, to: place)
    }

    /// A replica is to lie in one of its broker's directories, whichever.
    private func moveWithin() {
        let place = movingWithin[cluster.draw(0...movingWithin.count - 1)]
        let brokers = cluster.nodes.filter(\.role.isBroker)
        let directories = cluster.plan.directories
        admin.move(
            place, of: brokers[cluster.draw(0...brokers.count - 1)].id,
            to: directories[cluster.draw(0...directories.count - 1)])
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
