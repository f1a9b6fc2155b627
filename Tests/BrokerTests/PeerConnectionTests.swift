import Bytes
import Model
import Ports
import Testing
import Wire
import WireMessages

@testable import Broker

@Suite("A connection to another node")
struct PeerConnectionTests {
    /// A peer that speaks what it is told to, and notes what it was asked.
    private final class Server {
        var offered: [(ApiKey, ClosedRange<Int16>)]
        var questionMax: Int16 = 4
        private(set) var asked: [String] = []

        init(_ offered: [(ApiKey, ClosedRange<Int16>)]) { self.offered = offered }

        func answer(_ frame: SharedBytes, _ reply: (SharedBytes) -> Void) {
            do {
                var reader = ByteReader(frame)
                let header = try RequestHeader(request: &reader)
                let version = header.requestApiVersion
                asked.append("\(header.apiKey) v\(version)")
                if header.apiKey == .apiVersions {
                    reply(try versions(version, header.correlationID))
                } else {
                    reply(
                        try encodeResponse(
                            AllocateProducerIdsResponse(), version: version,
                            correlationID: header.correlationID))
                }
            } catch { Issue.record(error) }
        }

        private func versions(_ version: Int16, _ correlationID: Int32) throws -> SharedBytes {
            var response = ApiVersionsResponse()
            response.apiKeys = (offered + [(.apiVersions, 0...questionMax)]).map { key, range in
                var shown = ApiVersionsResponse.ApiVersion()
                shown.apiKey = key.rawValue
                shown.minVersion = range.lowerBound
                shown.maxVersion = range.upperBound
                return shown
            }
            guard version <= questionMax else {
                response.errorCode = .unsupportedVersion
                return try encodeResponse(response, version: 0, correlationID: correlationID)
            }
            return try encodeResponse(response, version: version, correlationID: correlationID)
        }
    }

    private let loop = VirtualLoop()
    private let network: VirtualNetwork
    private let server: Server
    private let connection: PeerConnection

    init() {
        network = VirtualNetwork(loop)
        let server = Server([(.allocateProducerIds, 0...0), (.fetch, 4...18)])
        self.server = server
        network.servers[9092] = { frame, reply in server.answer(frame, reply) }
        connection = PeerConnection(
            host: "localhost", port: 9092, clientID: "test", loop: loop, transport: network)
    }

    private func ask<Request: RequestMessage>(
        _ request: Request, _ versions: ClosedRange<Int16>
    ) -> PeerError? {
        var outcome: Result<Request.Response, PeerError>?
        connection.send(request, versions: versions, timeout: .seconds(1)) { outcome = $0 }
        loop.run(.seconds(2)) { outcome != nil }
        switch outcome {
        case .success: return nil
        case .failure(let error): return error
        case nil: return .timedOut
        }
    }

    @Test func `asks first what the other side speaks, once`() {
        #expect(ask(AllocateProducerIdsRequest(), 0...0) == nil)
        #expect(ask(AllocateProducerIdsRequest(), 0...0) == nil)
        #expect(
            server.asked == ["ApiVersions v4", "AllocateProducerIds v0", "AllocateProducerIds v0"])
        #expect(connection.isOpen)
    }

    @Test func `asks in an older version if the other side is older`() {
        server.questionMax = 2
        #expect(ask(AllocateProducerIdsRequest(), 0...0) == nil)
        #expect(server.asked == ["ApiVersions v4", "ApiVersions v2", "AllocateProducerIds v0"])
    }

    @Test func `speaks the newest version both sides have, and fails what has none alone`() {
        server.offered = [(.allocateProducerIds, 0...0), (.fetch, 4...16)]
        var versions: PeerVersions?
        connection.negotiated = { versions = $0 }
        #expect(ask(FetchRequest(), 17...18) == .unsupportedVersion(.fetch))
        #expect(ask(VoteRequest(), 2...2) == .unsupportedVersion(.vote))
        #expect(ask(AllocateProducerIdsRequest(), 0...0) == nil)
        #expect(versions?.best(of: 15...18, for: .fetch) == 16)
        #expect(versions?.best(of: 0...3, for: .fetch) == nil)
        #expect(connection.isOpen)
    }

    @Test func `asks anew on a new connection, as the other side may be another build by then`() {
        #expect(ask(AllocateProducerIdsRequest(), 0...0) == nil)
        let server = server
        network.kill(9092)
        loop.run(.milliseconds(10))
        network.servers[9092] = { frame, reply in server.answer(frame, reply) }
        #expect(ask(AllocateProducerIdsRequest(), 0...0) == nil)
        #expect(server.asked.filter { $0 == "ApiVersions v4" }.count == 2)
    }

    @Test func `ends if the answer to the question cannot be read`() {
        network.servers[9092] = { frame, reply in
            var writer = ByteWriter()
            writer.int32(6)
            var reader = ByteReader(frame)
            guard let header = try? RequestHeader(request: &reader) else { return }
            writer.int32(header.correlationID)
            writer.int16(0)
            reply(writer.finish())
        }
        guard case .undecodable? = ask(AllocateProducerIdsRequest(), 0...0) else {
            Issue.record("an answer of two bytes must not do")
            return
        }
        #expect(!connection.isOpen)
    }
}
