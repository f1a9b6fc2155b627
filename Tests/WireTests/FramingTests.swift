import Bytes
import Model
import Testing
import Wire
import WireMessages

@Suite("A frame")
struct FramingTests {
    @Test func `of a request has its length, the old header and the body`() throws {
        let frame = try encodeRequest(
            MetadataRequest(), version: 1, correlationID: 7, clientID: "me")
        #expect(
            frame.array == [
                0, 0, 0, 16, 0, 3, 0, 1, 0, 0, 0, 7, 0, 2, 0x6d, 0x65, 0, 0, 0, 0,
            ])
    }

    @Test func `of a flexible request keeps the client id's old length`() throws {
        let frame = try encodeRequest(
            ApiVersionsRequest(clientSoftwareName: "a", clientSoftwareVersion: "1"), version: 3,
            correlationID: 1, clientID: nil)
        #expect(
            frame.array == [
                0, 0, 0, 16, 0, 18, 0, 3, 0, 0, 0, 1, 0xff, 0xff, 0, 2, 0x61, 2, 0x31, 0,
            ])
    }

    @Test func `of a request is read back by key and version`() throws {
        for version in FetchRequest.validVersions {
            let frame = try encodeRequest(
                FetchRequest(maxBytes: 5), version: version, correlationID: 9, clientID: "c")
            #expect(frame.integer(at: 0, as: Int32.self) == Int32(frame.count - 4))
            var reader = ByteReader(frame.suffix(from: 4))
            let header = try RequestHeader(request: &reader)
            #expect(header.apiKey == .fetch)
            #expect(header.requestApiVersion == version)
            #expect(header.correlationID == 9)
            #expect(header.clientID == "c")
            #expect(try FetchRequest(from: &reader, version: version).maxBytes == 5)
            #expect(reader.remaining == 0)
        }
    }

    @Test func `of a response is read back at every version`() throws {
        for version in MetadataResponse.validVersions {
            var message = MetadataResponse()
            message.controllerID = version >= 1 ? 3 : -1
            let frame = try encodeResponse(message, version: version, correlationID: 4)
            let answer = try decodeResponse(
                MetadataResponse.self, version: version, from: frame.suffix(from: 4))
            #expect(answer.correlationID == 4)
            #expect(answer.message == message)
        }
    }

    @Test func `of an ApiVersions response has the oldest header at every version`() throws {
        for version in ApiVersionsResponse.validVersions {
            let frame = try encodeResponse(
                ApiVersionsResponse(), version: version, correlationID: 1)
            // Behind length and correlation id comes the error code at once.
            #expect(frame.integer(at: 8, as: Int16.self) == 0)
            #expect(ApiKey.apiVersions.responseHeaderVersion(version) == 0)
        }
        #expect(ApiKey.fetch.responseHeaderVersion(12) == 1)
        #expect(ApiKey.fetch.responseHeaderVersion(11) == 0)
    }

    @Test func `of a refused ApiVersions request is read as version 0`() throws {
        let refusal = ApiVersionsResponse(
            errorCode: .unsupportedVersion,
            apiKeys: [.init(apiKey: 18, minVersion: 0, maxVersion: 2)])
        let frame = try encodeResponse(refusal, version: 0, correlationID: 1)
        let answer = try ApiVersionsResponse.negotiated(version: 4, from: frame.suffix(from: 4))
        #expect(answer.message == refusal)

        let usual = try encodeResponse(ApiVersionsResponse(), version: 4, correlationID: 1)
        let other = try ApiVersionsResponse.negotiated(version: 4, from: usual.suffix(from: 4))
        #expect(other.message == ApiVersionsResponse())
    }

    @Test func `of an unknown API is read with the old header`() throws {
        var reader = ByteReader([0x7f, 0, 0, 9, 0, 0, 0, 1, 0, 1, 0x61])
        let header = try RequestHeader(request: &reader)
        #expect(header.apiKey.facts == nil)
        #expect(header.apiKey.description == "UNKNOWN(32512)")
        #expect(header.clientID == "a")
    }
}

@Suite("The table of API keys")
struct ApiKeyTests {
    @Test func `knows names, versions and where an API is served`() throws {
        let facts = try #require(ApiKey.createTopics.facts)
        #expect(facts.name == "CreateTopics")
        #expect(facts.versions == 2...7)
        #expect(facts.firstFlexibleVersion == 5)
        #expect(facts.isForwarded)
        #expect(facts.isOnBrokers)
        #expect(facts.isOnControllers)
        #expect(ApiKey.vote.facts?.needsClusterAction == true)
        #expect(ApiKey.vote.facts?.isOnBrokers == false)
        #expect(ApiKey.initProducerId.facts?.versions == 0...6)
        #expect(ApiKey.initProducerId.facts?.stableVersions == 0...5)
        #expect(ApiKey(rawValue: 4).facts == nil)
        #expect(ApiKey(rawValue: -1).facts == nil)
    }

    @Test func `agrees with the messages`() {
        #expect(ApiKey.all.count == MessageCatalogue.requests.count)
        #expect(ApiKey.all.map(\.key) == ApiKey.all.map(\.key).sorted())
        for request in MessageCatalogue.requests {
            #expect(request.apiKey.facts?.versions == request.validVersions)
            #expect(request.apiKey.facts?.firstFlexibleVersion == request.firstFlexibleVersion)
            #expect(MessageCatalogue.request(request.apiKey) == request)
        }
    }
}
