import Bytes
import Client
import Model
import TestSupport
import Testing
import Wire
import WireMessages

@Suite("The client's connections")
struct ConnectionTests {
    func ask(_ play: inout Play, _ to: Destination = .any, limit: Duration = .seconds(5)) -> CallID
    {
        play.core.call(
            OutgoingRequest(DescribeClusterRequest()), to: to, within: limit, now: play.now)
    }

    @Test func `carry a call to the node it names`() throws {
        var play = Play(Play.Cluster())
        let id = ask(&play, .node(3))
        try play.run()
        #expect(play.asked.map(\.node) == [3])
        play.answer(play.asked[0], with: DescribeClusterResponse())
        try play.run()
        #expect(play.answers[id] == .some(nil))
    }

    @Test func `are kept under the node's name when a configured server turns out to be one`()
        throws
    {
        var play = Play(Play.Cluster())
        _ = ask(&play, .node(1))
        try play.run()
        #expect(play.asked.map(\.node) == [1])
        #expect(play.connectCount == 1)
    }

    @Test func `fail a call with one sentence when nobody can be reached`() throws {
        var cluster = Play.Cluster()
        cluster.unreachable = [1, 2, 3]
        var play = Play(cluster)
        let id = ask(&play, limit: .seconds(5))
        try play.pass(.seconds(6))
        #expect(
            play.answers[id]
                == .unreachable(servers: ["h:9001"], limit: .seconds(5), cause: "refused"))
        #expect(play.connectCount > 3)
        #expect(play.connectCount < 40, "attempts keep apart")
    }

    @Test func `are tried again for a call whose connection breaks`() throws {
        var play = Play(Play.Cluster())
        let id = ask(&play, .node(2))
        try play.run()
        play.breakConnections(to: 2)
        try play.pass(.seconds(1))
        #expect(play.asked.map(\.node) == [2])
        play.answer(play.asked[0], with: DescribeClusterResponse())
        try play.run()
        #expect(play.answers[id] == .some(nil))
    }

    @Test func `to configured servers are tried again while the nodes known before are no more`()
        throws
    {
        var play = Play(Play.Cluster())
        _ = ask(&play, .node(2))
        try play.run()
        play.answer(play.asked.removeFirst(), with: DescribeClusterResponse())
        play.cluster.nodes = []
        play.breakConnections(to: 2)
        try play.pass(.seconds(2))
        play.cluster.unreachable = [1, 2, 3]
        play.breakConnections(to: 1)
        _ = ask(&play, limit: .seconds(60))
        try play.pass(.seconds(2))
        play.cluster.unreachable = []
        try play.pass(.seconds(3))
        #expect(play.asked.map(\.node) == [1])
    }

    @Test func `end when an answer does not come in time`() throws {
        var configuration = Play.configuration
        configuration.requestTimeout = .seconds(2)
        var play = Play(Play.Cluster(), configuration: configuration)
        let id = ask(&play, .node(2), limit: .seconds(3))
        try play.pass(.seconds(10))
        #expect(play.asked.count == 2)
        guard case .timedOut(_, _, let cause)?? = play.answers[id] else {
            Issue.record("the call must have timed out")
            return
        }
        #expect(cause?.contains("no answer to DescribeCluster") == true)
    }

    @Test func `end when an answer belongs to no question`() throws {
        var play = Play(Play.Cluster())
        _ = ask(&play, .node(2))
        try play.run()
        var wrong = ResponseHeader()
        wrong.correlationID = 99
        var writer = ByteWriter()
        try wrong.encode(to: &writer, version: 1)
        let before = play.open.count
        play.core.received([writer.finish()], on: play.asked[0].connection, now: play.now)
        try play.run()
        #expect(play.open.count == before - 1)
    }

    @Test func `ask for versions the way an older server understands`() throws {
        var play = Play(Play.Cluster())
        _ = ask(&play)
        play.core.advance(to: play.now)
        guard case .connect(let id, _)? = play.core.takeEffects().first else {
            Issue.record("a connection must be opened")
            return
        }
        play.core.connected(id, now: play.now)
        play.core.advance(to: play.now)
        guard case .send(_, let frame)? = play.core.takeEffects().first else {
            Issue.record("the versions must be asked for")
            return
        }
        var reader = ByteReader(frame.suffix(from: 4))
        let header = try RequestHeader(request: &reader)
        #expect(header.requestApiVersion == 4)
        var range = ApiVersionsResponse.ApiVersion()
        range.apiKey = 18
        range.maxVersion = 2
        var refusal = ApiVersionsResponse()
        refusal.errorCode = .unsupportedVersion
        refusal.apiKeys = [range]
        let answer = try encodeResponse(
            refusal, version: 0, correlationID: header.correlationID)
        play.core.received([answer.suffix(from: 4)], on: id, now: play.now)
        play.core.advance(to: play.now)
        guard case .send(_, let second)? = play.core.takeEffects().first else {
            Issue.record("the versions must be asked for again")
            return
        }
        var again = ByteReader(second.suffix(from: 4))
        #expect(try RequestHeader(request: &again).requestApiVersion == 2)
    }

    @Test func `refuse what the server does not offer`() throws {
        var cluster = Play.Cluster()
        cluster.versions = [.describeCluster: 9...9]
        var play = Play(cluster)
        let id = ask(&play)
        try play.run()
        #expect(
            play.answers[id] == .unsupportedVersion(api: "DescribeCluster", peer: "h:9001"))
    }

    @Test func `go to another server when one hangs`() throws {
        var configuration = ClientConfiguration(
            bootstrapServers: (1...3).map { ServerAddress(host: "h", port: 9_000 + $0) })
        configuration.requestTimeout = .seconds(30)
        for hanging in Int32(1)...3 {
            var cluster = Play.Cluster()
            cluster.hanging = [BrokerID(hanging)]
            var play = Play(cluster, configuration: configuration)
            _ = ask(&play, limit: .seconds(10))
            try play.pass(.seconds(4))
            #expect(play.asked.count == 1)
            #expect(play.asked.first?.node != BrokerID(hanging))
        }
    }

    /// A container that was killed takes its address along: no reset comes, and the name server is slow too.
    @Test func `go to another server when one does not even refuse`() throws {
        for missing: Set<BrokerID> in [[1, 2], [1, 3], [2, 3]] {
            var cluster = Play.Cluster()
            cluster.gone = missing
            var play = Play(
                cluster,
                configuration: ClientConfiguration(
                    bootstrapServers: (9001...9003).map { ServerAddress(host: "h", port: $0) }))
            _ = ask(&play)
            try play.pass(.seconds(4))
            #expect(play.asked.count == 1, "\(missing)")
            #expect(missing.isDisjoint(with: play.asked.map(\.node)))
            // What can go nowhere else waits for the one it names, as long as it may.
            let id = ask(&play, .node(missing.sorted()[0]), limit: .seconds(8))
            try play.pass(.seconds(7))
            #expect(play.answers[id] == nil && play.asked.count == 1)
            #expect(play.connectCount < 12)
        }
    }

    @Test func `survive any bytes as an answer`() throws {
        var random = PRNG(seed: 11)
        for _ in 0..<300 {
            var cluster = Play.Cluster()
            cluster.answersMetadata = false
            var play = Play(cluster)
            _ = ask(&play)
            _ = ask(&play, .node(1))
            try play.run()
            for item in play.asked {
                var writer = ByteWriter()
                writer.int32(item.header.correlationID)
                for _ in 0..<random.below(60) {
                    writer.int8(Int8(truncatingIfNeeded: random.next()))
                }
                play.core.received([writer.finish()], on: item.connection, now: play.now)
            }
            try play.run()
        }
    }
}
