import Broker
import Bytes
import InternalRecords
import Metadata
import Model
import Ports
import Records
import Simulation
import TestSupport

/// A checker with three nodes, whose disks and beliefs the test makes up.
final class CheckerStage {
    let time = VirtualTime(seed: 1)
    let checker: Checker
    let disks: [SimulatedDisk]
    let directoryIDs = (1...3).map { DirectoryID(UUID(high: 7, low: UInt64($0))) }
    let topicID = TopicID(UUID(high: 1, low: 2))
    private let systems: [SimulatedFileSystem]
    private var sizes: [String: Int64] = [:]

    init() throws {
        let time = time
        checker = Checker(Timeline(time))
        let disks = (1...3).map { SimulatedDisk(time: time, seed: UInt64($0)) }
        self.disks = disks
        systems = disks.enumerated().map { index, disk in
            SimulatedFileSystem(disk, SimulatedProcess(host: "10.0.0.\(index + 1)", time: time))
        }
        for (index, system) in systems.enumerated() {
            for name in ["orders-0", "__cluster_metadata-0"] {
                try system.createDirectory("/data/\(name)", withParents: true)
            }
            for path in ["/", "/data"] { try system.syncDirectory(path) }
            checker.watch(BrokerID(Int32(index + 1)), disks[index], directoryIDs[index])
        }
    }

    var broken: [Rule] { checker.violations.map(\.rule) }

    /// A node gets an empty disk under another directory id.
    func exchangeDisk(of node: Int) {
        let former = disks[node - 1].wipe()
        checker.diskExchanged(
            BrokerID(Int32(node)), former, for: disks[node - 1],
            DirectoryID(UUID(high: 9, low: UInt64(node))))
        for name in ["orders-0", "__cluster_metadata-0"] {
            do {
                try systems[node - 1].createDirectory("/data/\(name)", withParents: true)
            } catch {
                preconditionFailure("an empty disk takes directories: \(error)")
            }
        }
        for key in sizes.keys where key.hasPrefix("\(node) ") { sizes[key] = nil }
    }

    /// The path of a segment.
    func segment(_ base: Int64, of name: String = "orders-0") -> String {
        let digits = String(base)
        return "/data/\(name)/\(String(repeating: "0", count: 20 - digits.count))\(digits).log"
    }

    /// Appends a batch of one record with that offset and epoch to the log of a node, in the segment with that base.
    ///
    /// - Parameter suffix: of the file's name, behind that of the segment.
    func write(
        _ node: Int, _ offset: Int64, epoch: Int32 = 0, value: String = "v",
        key: String? = nil, to name: String = "orders-0", base: Int64 = 0, as suffix: String = "",
        synced: Bool = true
    ) throws {
        var options = RecordBatchBuilder.Options()
        options.baseOffset = Offset(offset)
        options.partitionLeaderEpoch = LeaderEpoch(epoch)
        var builder = RecordBatchBuilder(options)
        // What is committed of the metadata is replayed.
        let isMetadata = name != "orders-0" && value == "v"
        let content =
            isMetadata ? try MetadataRecord.noOp(NoOpRecord()).framed() : SharedBytes(utf8: value)
        builder.append(
            timestamp: Timestamp(0), key: key.map { SharedBytes(utf8: $0) }, value: content)
        let bytes = try builder.finish()
        let path = segment(base, of: name) + suffix
        let file = try systems[node - 1].open(path, .create)
        try systems[node - 1].syncDirectory("/data/\(name)")
        let key = "\(node) \(path)"
        try file.write([bytes], at: sizes[key] ?? 0)
        sizes[key, default: 0] += Int64(bytes.count)
        if synced { try file.sync() }
    }

    /// What a recovery of the node need not check of the partition.
    func writeRecoveryPoint(_ node: Int, _ offset: Int64) throws {
        let system = systems[node - 1]
        let file = try system.open("/data/recovery-point-offset-checkpoint", .replace)
        try file.write([SharedBytes(utf8: "0\n1\norders 0 \(offset)\n")], at: 0)
        try file.sync()
        try system.syncDirectory("/data")
    }

    /// Replaces `quorum-state` of a node as it is done, but for the sync if that is left out.
    func writeElection(_ node: Int, term: Int32, voted: Int32 = -1, synced: Bool = true) throws {
        let directory = "/data/__cluster_metadata-0"
        let text =
            "{\"leaderId\":-1,\"leaderEpoch\":\(term),\"votedId\":\(voted),\"data_version\":1}"
        let system = systems[node - 1]
        let file = try system.open("\(directory)/quorum-state.tmp", .replace)
        try file.write([SharedBytes(utf8: text)], at: 0)
        if synced { try file.sync() }
        try system.rename("\(directory)/quorum-state.tmp", to: "\(directory)/quorum-state")
        try system.syncDirectory(directory)
        seeQuorum(Int32(node), leads: false, term: term, highWatermark: nil)
    }

    /// The controller commits a state of the partition, and every node shows it.
    func commit(
        isr: [Int32], elr: [Int32] = [], leader: Int32? = 1, epoch: Int32 = 0,
        partitionEpoch: Int32 = 0, at offset: Int64 = 1
    ) {
        checker.observe(
            image(isr, elr, leader, epoch, partitionEpoch, offset), of: 1)
    }

    func image(
        _ isr: [Int32], _ elr: [Int32], _ leader: Int32?, _ epoch: Int32, _ partitionEpoch: Int32,
        _ offset: Int64
    ) -> MetadataImage {
        var topic = TopicRecord()
        topic.name = "orders"
        topic.topicID = topicID.uuid
        var partition = PartitionRecord()
        partition.topicID = topicID.uuid
        partition.partitionID = 0
        partition.replicas = [1, 2, 3]
        partition.directories = directoryIDs.map(\.uuid)
        partition.isr = isr
        partition.eligibleLeaderReplicas = elr
        partition.leader = leader ?? -1
        partition.leaderEpoch = epoch
        partition.partitionEpoch = partitionEpoch
        var image = MetadataImage()
        do {
            try image.apply(.topic(topic))
            try image.apply(.partition(partition))
        } catch {
            preconditionFailure("records in their order apply: \(error)")
        }
        image.advance(
            to: MetadataPosition(
                lastOffset: Offset(offset), term: Term(1), timestamp: Timestamp(0)))
        return image
    }

    func see(
        _ node: Int32, life: Int = 1, leads: Bool = true, epoch: Int32 = 0,
        partitionEpoch: Int32 = 0, isr: [Int32] = [1, 2], end: Int64, highWatermark: Int64,
        isCompacted: Bool = false, newestEpochStart: Int64? = nil
    ) {
        checker.observe(
            ReplicaFacts(
                key: PartitionKey(topicID, 0), partition: TopicPartition("orders", 0),
                isLeader: leads, leaderEpoch: LeaderEpoch(epoch),
                partitionEpoch: PartitionEpoch(partitionEpoch),
                inSyncReplicas: leads ? isr.map { BrokerID($0) } : [], logEndOffset: Offset(end),
                highWatermark: Offset(highWatermark), isCompacted: isCompacted,
                directory: "/data",
                newestEpochStart: newestEpochStart.map { Offset($0) }),
            of: .init(node: BrokerID(node), number: life))
    }

    func seeQuorum(
        _ node: Int32, life: Int = 1, leads: Bool = true, term: Int32 = 1, highWatermark: Int64?
    ) {
        let voters = directoryIDs.enumerated().map {
            ReplicaKey(BrokerID(Int32($0 + 1)), $1)
        }
        checker.observe(
            QuorumFacts(
                term: Term(term), isLeader: leads, highWatermark: highWatermark.map { Offset($0) }),
            of: .init(node: BrokerID(node), number: life)
        ) { voters }
    }
}
