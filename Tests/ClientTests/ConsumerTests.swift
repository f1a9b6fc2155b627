import Bytes
import Client
import Model
import Records
import TestSupport
import Testing
import Wire
import WireMessages

@Suite("The consumer")
struct ConsumerTests {
    static let t0 = TopicPartition("t", 0)
    static let t1 = TopicPartition("t", 1)

    func play(
        leaders: [BrokerID] = [1], _ change: (inout ConsumerConfiguration) -> Void = { _ in }
    ) -> Play {
        var configuration = ConsumerConfiguration()
        change(&configuration)
        var cluster = Play.Cluster()
        cluster.topics["t"] = leaders
        return Play(cluster, consumer: configuration)
    }

    func values(_ chunks: [FetchedChunk]) throws -> [String] {
        var found: [String] = []
        for chunk in chunks {
            try chunk.forEachRecord { record in
                found.append("\(record.offset.rawValue)=\(record.value?.utf8 ?? "-")")
            }
        }
        return found
    }

    @Test func `finds where to begin and reads on from there`() throws {
        var play = play()
        play.core.assign([(Self.t0, .reset(.earliest))])
        try play.run()
        let question: ListOffsetsRequest = try play.asked[0].request()
        #expect(question.topics[0].partitions[0].timestamp == -2)
        try play.answerOffsets(10)
        let fetch: FetchRequest = try play.asked[0].request()
        #expect(fetch.topics[0].partitions[0].fetchOffset == 10)
        try play.answerFetch([Play.batch(at: 10, ["a", "b"])])
        #expect(play.notes == ["records"])
        #expect(play.core.position(of: Self.t0) == 10)
        #expect(try values(play.core.take()) == ["10=a", "11=b"])
        #expect(play.core.position(of: Self.t0) == 12)
        let next: FetchRequest = try play.asked[0].request()
        #expect(next.topics[0].partitions[0].fetchOffset == 12)
        #expect(next.topics[0].partitions[0].lastFetchedEpoch == 4)
    }

    @Test
    func `reads from the replica that the leader names, until that does not have what it wants`()
        throws
    {
        var play = play { $0.rack = "b" }
        play.core.assign([(Self.t0, .offset(10))])
        try play.run()
        let first: FetchRequest = try play.asked[0].request()
        #expect(first.rackID == "b")
        try play.answerFetch([Play.batch(at: 10, ["a"])])
        _ = try play.core.take()
        try play.run()
        try play.answerFetch([], preferred: 2)
        #expect(play.asked.map(\.node) == [2])
        // A follower that is behind must not take what it lacks for a loss.
        let near: FetchRequest = try play.asked[0].request()
        #expect(near.topics[0].partitions[0].fetchOffset == 11)
        #expect(near.topics[0].partitions[0].lastFetchedEpoch == -1)
        try play.answerFetch([Play.batch(at: 11, ["b"])])
        #expect(try values(play.core.take()) == ["11=b"])
        try play.run()
        #expect(play.asked.map(\.node) == [2])
        try play.answerFetch([], error: .offsetOutOfRange)
        #expect(play.asked.map(\.node) == [1])
        let back: FetchRequest = try play.asked[0].request()
        #expect(back.topics[0].partitions[0].fetchOffset == 12)
        #expect(back.topics[0].partitions[0].lastFetchedEpoch == 4)
    }

    @Test func `looks who there is when the leader names a replica that it does not know`() throws {
        var play = play { $0.rack = "b" }
        play.core.assign([(Self.t0, .offset(10))])
        try play.run()
        // It has come since.
        play.cluster.nodes.append(9)
        let count = play.metadataCount
        try play.answerFetch([], preferred: 9)
        #expect(play.metadataCount == count + 1)
        try play.pass(.seconds(1))
        #expect(play.asked.map(\.node) == [1])
        try play.answerFetch([], preferred: 9)
        #expect(play.asked.map(\.node) == [9])
    }

    @Test func `passes over records before its position and over control batches`() throws {
        var play = play()
        play.core.assign([(Self.t0, .offset(11))])
        try play.run()
        let marker = RecordBatchBuilder.endTransaction(
            .init(isCommit: true, coordinatorEpoch: 0), producerID: 5, producerEpoch: 0,
            timestamp: 1)
        var view = try RecordBatchView(marker)
        view.stamp(baseOffset: 13)
        try play.answerFetch([Play.batch(at: 10, ["a", "b", "c"]), marker])
        #expect(try values(play.core.take()) == ["11=b", "12=c"])
        #expect(play.core.position(of: Self.t0) == 14)
    }

    @Test func `leaves out what aborted transactions wrote, if it reads committed records`() throws
    {
        var play = play { $0.isolationLevel = .readCommitted }
        play.core.assign([(Self.t0, .offset(0))])
        try play.run()
        var abort = try RecordBatchView(
            RecordBatchBuilder.endTransaction(
                .init(isCommit: false, coordinatorEpoch: 0), producerID: 7, producerEpoch: 0,
                timestamp: 1))
        abort.stamp(baseOffset: 3)
        try play.answerFetch(
            [
                Play.batch(at: 0, ["kept"]), Play.batch(at: 1, ["dropped"], producer: 7),
                Play.batch(at: 2, ["other"], producer: 8), abort.bytes,
                Play.batch(at: 4, ["again"], producer: 7),
            ], aborted: [(7, 1)])
        #expect(try values(play.core.take()) == ["0=kept", "2=other", "4=again"])
        #expect(play.core.position(of: Self.t0) == 5)
    }

    @Test func `ignores a batch that is cut off`() throws {
        var play = play()
        play.core.assign([(Self.t0, .offset(0))])
        try play.run()
        let second = Play.batch(at: 1, ["b"])
        try play.answerFetch([Play.batch(at: 0, ["a"]), second[0..<second.count - 3]])
        #expect(try values(play.core.take()) == ["0=a"])
        #expect(play.core.position(of: Self.t0) == 1)
    }

    @Test func `reports a damaged batch`() throws {
        var play = play()
        play.core.assign([(Self.t0, .offset(0))])
        try play.run()
        let bytes = Play.batch(at: 0, ["abcdef"])
        bytes.overwrite(UInt8(ascii: "X"), at: bytes.count - 3)
        try play.answerFetch([bytes])
        #expect(throws: ClientError.self) { try play.core.take() }
    }

    @Test func `stops fetching while nobody takes what has come`() throws {
        var play = play {
            $0.maxBytes = 150
            $0.partitionMaxBytes = 150
        }
        play.core.assign([(Self.t0, .offset(0))])
        try play.run()
        try play.answerFetch([Play.batch(at: 0, [String(repeating: "x", count: 100)])])
        try play.pass(.seconds(5))
        #expect(play.asked.isEmpty)
        _ = try play.core.take()
        try play.run()
        #expect(play.asked.count == 1)
    }

    @Test func `pauses and resumes`() throws {
        var play = play(leaders: [1, 2])
        play.core.assign([(Self.t0, .offset(0)), (Self.t1, .offset(0))])
        let isPaused = play.core.setPaused(Self.t0, true)
        #expect(isPaused)
        try play.run()
        #expect(play.asked.map(\.node) == [2])
        let isResumed = play.core.setPaused(Self.t0, false)
        #expect(isResumed)
        try play.run()
        #expect(play.asked.map(\.node) == [2, 1])
        let isStrangerPaused = play.core.setPaused(TopicPartition("x", 0), true)
        #expect(!isStrangerPaused)
    }

    @Test func `forgets what was fetched before a seek`() throws {
        var play = play()
        play.core.assign([(Self.t0, .offset(0))])
        try play.run()
        let isMoved = play.core.seek(Self.t0, to: .offset(50))
        #expect(isMoved)
        try play.answerFetch([Play.batch(at: 0, ["old"])])
        #expect(try play.core.take().isEmpty)
        let fetch: FetchRequest = try play.asked[0].request()
        #expect(fetch.topics[0].partitions[0].fetchOffset == 50)
    }

    @Test func `begins again where it is told if its offset is gone`() throws {
        var play = play { $0.offsetReset = .earliest }
        play.core.assign([(Self.t0, .offset(99))])
        try play.run()
        try play.answerFetch([], error: .offsetOutOfRange)
        try play.answerOffsets(7)
        #expect(play.core.position(of: Self.t0) == 7)
    }

    @Test func `fails if its offset is gone and it may not begin again`() throws {
        var play = play { $0.offsetReset = .none }
        play.core.assign([(Self.t0, .offset(99))])
        try play.run()
        try play.answerFetch([], error: .offsetOutOfRange)
        #expect(throws: ClientError.offsetOutOfRange(Self.t0, offset: 99)) {
            try play.core.take()
        }
        #expect(try play.core.take().isEmpty)
    }

    @Test func `goes back to where the logs part after an unclean election`() throws {
        var play = play { $0.offsetReset = .earliest }
        play.core.assign([(Self.t0, .offset(0))])
        try play.run()
        try play.answerFetch([Play.batch(at: 0, ["a", "b", "c"])])
        _ = try play.core.take()
        try play.run()
        try play.answerFetch([], divergingAt: 1)
        #expect(play.core.position(of: Self.t0) == 1)
    }

    @Test func `follows a moved leader`() throws {
        var play = play()
        play.core.assign([(Self.t0, .offset(3))])
        try play.run()
        play.cluster.topics["t"] = [2]
        play.cluster.epochs[Self.t0] = 9
        try play.answerFetch([], error: .notLeaderOrFollower)
        try play.pass(.milliseconds(200))
        #expect(play.asked.map(\.node) == [2])
        let fetch: FetchRequest = try play.asked[0].request()
        #expect(fetch.topics[0].partitions[0].currentLeaderEpoch == 9)
    }

    @Test func `asks each leader for what it leads, when several are asked at once`() throws {
        let leaders: [BrokerID] = [1, 2, 3, 1, 2, 3]
        var play = play(leaders: leaders)
        play.core.assign(leaders.indices.map { (TopicPartition("t", Int32($0)), .offset(5)) })
        try play.run()
        #expect(play.asked.map(\.node).sorted() == [1, 2, 3])
        for asked in play.asked {
            let fetch: FetchRequest = try asked.request()
            let wanted = fetch.topics.flatMap(\.partitions).map(\.partition).sorted()
            #expect(wanted.count == 2)
            #expect(wanted.allSatisfy { leaders[Int($0)] == asked.node })
        }
    }

    @Test func `names only what has changed once a broker remembers the rest`() throws {
        var play = play(leaders: [1, 1])
        play.core.assign([(Self.t0, .offset(5)), (Self.t1, .offset(6))])
        try play.run()
        let full: FetchRequest = try play.asked[0].request()
        #expect(full.sessionID == 0 && full.sessionEpoch == 0)
        #expect(full.topics[0].partitions.map(\.partition).sorted() == [0, 1])
        try play.answerFetch([Play.batch(at: 5, ["a"])], only: 0, session: 77)
        let second: FetchRequest = try play.asked[0].request()
        #expect(second.sessionID == 77 && second.sessionEpoch == 1)
        #expect(second.topics.flatMap(\.partitions).map(\.partition) == [0])
        #expect(second.topics[0].partitions[0].fetchOffset == 6)
        _ = play.core.setPaused(Self.t1, true)
        try play.answerFetch([Play.batch(at: 6, ["b"])], only: 0, session: 77)
        let third: FetchRequest = try play.asked[0].request()
        #expect(third.sessionEpoch == 2)
        #expect(third.forgottenTopicsData.flatMap(\.partitions) == [1])
    }

    @Test func `begins a new session when the broker has forgotten it`() throws {
        var play = play()
        play.core.assign([(Self.t0, .offset(5))])
        try play.run()
        try play.answerFetch([], session: 77)
        var refusal = FetchResponse()
        refusal.errorCode = .fetchSessionIdNotFound
        play.answer(play.asked.removeFirst(), with: refusal)
        try play.run()
        let again: FetchRequest = try play.asked[0].request()
        #expect(again.sessionID == 0 && again.sessionEpoch == 0)
        #expect(again.topics[0].partitions[0].fetchOffset == 5)
    }

    @Test func `reads on after a broken connection`() throws {
        var play = play()
        play.core.assign([(Self.t0, .offset(3))])
        try play.run()
        play.breakConnections(to: 1)
        try play.pass(.seconds(1))
        #expect(play.asked.count == 1)
    }
}

extension Play {
    static func batch(
        at offset: Int64, _ values: [String], producer: ProducerID? = nil
    ) -> SharedBytes {
        var options = RecordBatchBuilder.Options()
        if let producer {
            options.producerID = producer
            options.producerEpoch = 0
            options.isTransactional = true
        }
        options.baseOffset = Offset(offset)
        options.partitionLeaderEpoch = 4
        var builder = RecordBatchBuilder(options)
        for value in values {
            builder.append(timestamp: 5, key: nil, value: SharedBytes(utf8: value))
        }
        do { return try builder.finish() } catch { preconditionFailure("not packed") }
    }

    mutating func answerOffsets(_ offset: Int64) throws {
        let item = asked.removeFirst()
        let request: ListOffsetsRequest = try item.request()
        var response = ListOffsetsResponse()
        response.topics = request.topics.map { wanted in
            var topic = ListOffsetsResponse.ListOffsetsTopicResponse()
            topic.name = wanted.name
            topic.partitions = wanted.partitions.map { partition in
                var result = ListOffsetsResponse.ListOffsetsPartitionResponse()
                result.partitionIndex = partition.partitionIndex
                result.offset = offset
                return result
            }
            return topic
        }
        answer(item, with: response)
        try run()
    }

    mutating func answerFetch(
        _ batches: [SharedBytes], error: ErrorCode = .none, divergingAt: Int64? = nil,
        aborted: [(producer: Int64, first: Int64)] = [], only: Int32? = nil, session: Int32 = 0,
        preferred: Int32 = -1
    ) throws {
        let item = asked.removeFirst()
        let request: FetchRequest = try item.request()
        var response = FetchResponse()
        response.sessionID = session
        response.responses = request.topics.map { wanted in
            var topic = FetchResponse.FetchableTopicResponse()
            topic.topic = wanted.topic
            topic.topicID = wanted.topicID
            let chosen = wanted.partitions.filter { only == nil || $0.partition == only }
            topic.partitions = chosen.map { partition in
                var result = FetchResponse.PartitionData()
                result.partitionIndex = partition.partition
                result.errorCode = error
                result.highWatermark = 100
                result.preferredReadReplica = preferred
                if let divergingAt {
                    result.divergingEpoch.epoch = 1
                    result.divergingEpoch.endOffset = divergingAt
                }
                result.abortedTransactions = aborted.map { entry in
                    var transaction = FetchResponse.AbortedTransaction()
                    transaction.producerID = entry.producer
                    transaction.firstOffset = entry.first
                    return transaction
                }
                var writer = ByteWriter()
                for batch in batches { writer.bytes(batch) }
                result.records = writer.finish()
                return result
            }
            return topic
        }
        answer(item, with: response)
        try run()
    }
}
