import Bytes
import Client
import Model
import Records
import TestSupport
import Testing
import Wire
import WireMessages

@Suite("The producer")
struct ProducerTests {
    static let t0 = TopicPartition("t", 0)

    func play(
        leaders: [BrokerID] = [1], _ change: (inout ProducerConfiguration) -> Void = { _ in }
    ) -> Play {
        var configuration = ProducerConfiguration()
        configuration.linger = .milliseconds(5)
        change(&configuration)
        var cluster = Play.Cluster()
        cluster.topics["t"] = leaders
        return Play(cluster, producer: configuration)
    }

    @Test func `gathers records for the linger time and sends them as one batch`() throws {
        var play = play()
        for token in 1...3 { _ = try play.send("t", 0, token: UInt64(token)) }
        try play.run()
        #expect(play.asked.isEmpty)
        try play.pass(.milliseconds(5))
        #expect(play.asked.count == 1)
        let batches = try play.batches(play.asked[0])
        #expect(batches.map(\.batch.recordCount) == [3])
        #expect(batches[0].batch.isCRCValid())
        #expect(batches[0].batch.producerID == 7_000)
        #expect(batches[0].batch.baseSequence == 0)
        try play.answerProduce(baseOffset: 40)
        #expect(play.deliveries.map(\.tokens) == [[1, 2, 3]])
        #expect(play.deliveries[0].outcome == .written(baseOffset: 40, appendTime: .none))
    }

    @Test func `sends a full batch without lingering`() throws {
        var play = play { $0.batchBytes = 1_100 }
        _ = try play.send("t", 0)
        try play.pass(.milliseconds(10))
        try play.answerProduce()
        for _ in 0..<10 { _ = try play.send("t", 0, value: String(repeating: "x", count: 300)) }
        try play.run()
        #expect(play.asked.count == 3)
        #expect(try play.batches(play.asked[0])[0].batch.sizeInBytes <= 1_100)
    }

    @Test func `puts one batch of each partition a broker leads into one request`() throws {
        var play = play(leaders: [1, 2, 1])
        for partition in Int32(0)..<3 { _ = try play.send("t", partition) }
        try play.pass(.milliseconds(5))
        #expect(play.asked.count == 2)
        let byNode = try Dictionary(
            uniqueKeysWithValues: play.asked.map {
                ($0.node, try play.batches($0).map(\.partition))
            })
        #expect(byNode == [1: [0, 2], 2: [1]])
    }

    @Test func `keeps at most five requests under way to a broker`() throws {
        var play = play { $0.batchBytes = 100 }
        _ = try play.send("t", 0)
        try play.pass(.milliseconds(5))
        try play.answerProduce()
        for _ in 0..<20 { _ = try play.send("t", 0, value: String(repeating: "x", count: 60)) }
        try play.run()
        #expect(play.asked.count == 5)
        let sequences = try play.asked.map { try play.batches($0)[0].batch.baseSequence }
        #expect(sequences == [1, 2, 3, 4, 5])
        try play.answerProduce()
        #expect(play.asked.count == 5)
    }

    @Test func `sends batches again in their order after a failure, under the same numbers`() throws
    {
        var play = play { $0.batchBytes = 100 }
        _ = try play.send("t", 0, token: 1)
        try play.pass(.milliseconds(5))
        try play.answerProduce()
        for token in UInt64(2)...4 {
            _ = try play.send("t", 0, value: String(repeating: "x", count: 60), token: token)
        }
        try play.run()
        #expect(play.asked.count == 3)
        try play.answerProduce(.notEnoughReplicas)
        try play.answerProduce(.outOfOrderSequenceNumber)
        try play.answerProduce(.outOfOrderSequenceNumber)
        #expect(play.asked.isEmpty)
        try play.pass(.milliseconds(150))
        let sequences = try play.asked.map { try play.batches($0)[0].batch.baseSequence }
        #expect(sequences == [1, 2, 3])
        for offset in Int64(1)...3 { try play.answerProduce(baseOffset: offset) }
        #expect(play.deliveries.map(\.tokens) == [[1], [2], [3], [4]])
        let epochs = play.deliveries.map(\.outcome)
        #expect(epochs.last == .written(baseOffset: 3, appendTime: .none))
    }

    @Test func `sends again after a broken connection, and takes a duplicate for success`() throws {
        var play = play()
        _ = try play.send("t", 0, token: 9)
        try play.pass(.milliseconds(5))
        #expect(play.asked.count == 1)
        play.breakConnections(to: 1)
        try play.pass(.seconds(1))
        #expect(play.asked.count == 1)
        #expect(try play.batches(play.asked[0])[0].batch.baseSequence == 0)
        try play.answerProduce(.duplicateSequenceNumber)
        #expect(play.deliveries.map(\.outcome) == [.written(baseOffset: .none, appendTime: .none)])
    }

    @Test func `begins a new epoch when the broker has lost what came before`() throws {
        var play = play { $0.batchBytes = 100 }
        _ = try play.send("t", 0)
        try play.pass(.milliseconds(5))
        try play.answerProduce()
        for token in UInt64(1)...2 {
            _ = try play.send("t", 0, value: String(repeating: "x", count: 60), token: token)
        }
        try play.run()
        try play.answerProduce(.outOfOrderSequenceNumber)
        // The second is still under way: the epoch must not change below it.
        try play.pass(.milliseconds(300))
        #expect(play.asked.count == 1)
        try play.answerProduce(.outOfOrderSequenceNumber)
        try play.pass(.milliseconds(300))
        let batches = try play.asked.map { try play.batches($0)[0].batch }
        #expect(batches.map(\.producerEpoch) == [1, 1])
        #expect(batches.map(\.baseSequence) == [0, 1])
        #expect(batches.allSatisfy { $0.isCRCValid() })
    }

    @Test func `follows a leader that is named in the refusal without a pause or a question`()
        throws
    {
        var play = play()
        _ = try play.send("t", 0)
        try play.pass(.milliseconds(5))
        let questions = play.metadataCount
        play.cluster.topics["t"] = [2]
        play.cluster.epochs[Self.t0] = 1
        let before = play.now
        try play.answerProduce(.notLeaderOrFollower, leader: (2, 1))
        #expect(play.now == before)
        #expect(play.asked.map(\.node) == [2])
        #expect(play.metadataCount <= questions + 1)
        try play.answerProduce()
        #expect(play.deliveries.count == 1)
    }

    @Test func `sends to a new leader what an old one that hangs does not answer`() throws {
        var play = play { $0.batchBytes = 100 }
        _ = try play.send("t", 0, token: 1)
        try play.pass(.milliseconds(5))
        try play.answerProduce()
        for token in UInt64(2)...3 {
            _ = try play.send("t", 0, value: String(repeating: "x", count: 60), token: token)
        }
        try play.run()
        let hanging = play.asked
        play.asked = []
        #expect(hanging.map(\.node) == [1, 1])
        play.cluster.topics["t"] = [2]
        play.cluster.epochs[Self.t0] = 1
        try play.pass(.milliseconds(1_500))
        #expect(play.asked.map(\.node) == [2, 2])
        #expect(try play.asked.map { try play.batches($0)[0].batch.baseSequence } == [1, 2])
        for offset in Int64(1)...2 { try play.answerProduce(baseOffset: offset) }
        #expect(play.deliveries.map(\.tokens) == [[1], [2], [3]])
        // The old leader wakes up: what it says is about a batch that is done with.
        play.asked = hanging
        try play.answerProduce(.notLeaderOrFollower)
        try play.answerProduce(.notLeaderOrFollower)
        try play.pass(.seconds(1))
        #expect(play.asked.isEmpty)
        #expect(play.deliveries.count == 3)
    }

    @Test func `waits for a leader while there is none`() throws {
        var play = play(leaders: [.none])
        _ = try play.send("t", 0, token: 5)
        try play.pass(.seconds(2))
        #expect(play.asked.isEmpty)
        #expect(play.metadataCount > 5)
        #expect(play.metadataCount < 40)
        play.cluster.topics["t"] = [3]
        try play.pass(.seconds(1))
        #expect(play.asked.map(\.node) == [3])
    }

    @Test func `fails a record that is not delivered in time, and says why`() throws {
        var play = play { $0.deliveryTimeout = .seconds(10) }
        _ = try play.send("t", 0, token: 5)
        try play.pass(.milliseconds(5))
        for _ in 0..<200 where play.deliveries.isEmpty {
            if !play.asked.isEmpty { try play.answerProduce(.notEnoughReplicas) }
            try play.pass(.milliseconds(100))
        }
        #expect(
            play.deliveries.map(\.outcome) == [
                .failed(
                    .timedOut(
                        operation: "delivery to t-0", limit: .seconds(10),
                        cause: "NOT_ENOUGH_REPLICAS"))
            ])
    }

    @Test func `fails a record at once that is refused for good`() throws {
        var play = play()
        _ = try play.send("t", 0)
        try play.pass(.milliseconds(5))
        try play.answerProduce(.messageTooLarge)
        #expect(
            play.deliveries.map(\.outcome) == [.failed(.refused(.messageTooLarge, message: nil))])
    }

    @Test func `refuses records while its buffer is full and tells when there is room`() throws {
        var play = play { $0.bufferBytes = 500 }
        let value = String(repeating: "x", count: 300)
        #expect(try play.send("t", 0, value: value) == .taken)
        #expect(try play.send("t", 0, value: value) == .bufferFull)
        try play.pass(.milliseconds(5))
        try play.answerProduce()
        #expect(play.notes == ["room"])
        #expect(try play.send("t", 0, value: value) == .taken)
    }

    @Test func `refuses a record larger than a request may be`() throws {
        var play = play { $0.requestBytesMax = 1_000 }
        #expect(throws: ClientError.self) {
            try play.send("t", 0, value: String(repeating: "x", count: 1_000))
        }
    }

    @Test func `refuses a partition the topic does not have`() throws {
        var play = play()
        _ = try play.send("t", 5)
        try play.pass(.milliseconds(50))
        #expect(
            play.deliveries.map(\.outcome) == [
                .failed(.unknownPartition(TopicPartition("t", 5), partitionCount: 1))
            ])
        #expect(throws: ClientError.unknownPartition(TopicPartition("t", 6), partitionCount: 1)) {
            try play.send("t", 6)
        }
    }

    @Test func `gives up on a topic that nobody knows`() throws {
        var play = play { $0.blockMax = .seconds(3) }
        _ = try play.send("nowhere", nil)
        try play.pass(.seconds(2))
        #expect(play.deliveries.isEmpty)
        try play.pass(.seconds(2))
        #expect(
            play.deliveries.map(\.outcome) == [
                .failed(
                    .timedOut(
                        operation: "finding topic nowhere", limit: .seconds(3),
                        cause: "UNKNOWN_TOPIC_OR_PARTITION"))
            ])
    }

    @Test func `flushes without lingering and tells when everything is done with`() throws {
        var play = play { $0.linger = .seconds(100) }
        _ = try play.send("t", 0)
        try play.pass(.seconds(1))
        #expect(play.asked.isEmpty)
        play.core.flush()
        try play.run()
        #expect(play.asked.count == 1)
        #expect(play.notes.isEmpty)
        _ = try play.send("t", 0)
        try play.answerProduce()
        #expect(play.notes == ["flushed"])
    }

    @Test func `asks for no answer with acks 0`() throws {
        var play = play { $0.acks = .none }
        _ = try play.send("t", 0, token: 3)
        try play.pass(.milliseconds(5))
        #expect(try play.asked[0].request(ProduceRequest.self).acks == 0)
        #expect(play.deliveries.map(\.tokens) == [[3]])
        #expect(try play.batches(play.asked[0])[0].batch.hasProducerID == false)
        try play.pass(.seconds(100))
        #expect(play.open.count > 0, "no answer is missed")
    }

    @Test func `speaks to brokers that know topics by name only`() throws {
        var play = play()
        play.cluster.versions = [.produce: 3...9, .metadata: 4...9]
        _ = try play.send("t", 0)
        try play.pass(.milliseconds(5))
        #expect(play.asked[0].header.requestApiVersion == 9)
        try play.answerProduce()
        #expect(play.deliveries.count == 1)
    }

    @Test func `fails everything when it is closed`() throws {
        var play = play()
        _ = try play.send("t", 0, token: 1)
        _ = try play.send("u", nil, token: 2)
        try play.pass(.milliseconds(5))
        play.core.close(now: play.now)
        try play.run()
        #expect(play.deliveries.map(\.outcome) == [.failed(.closed), .failed(.closed)])
        #expect(throws: ClientError.closed) { try play.send("t", 0) }
        #expect(play.core.nextDeadline(now: play.now) == .distantFuture)
    }
}
