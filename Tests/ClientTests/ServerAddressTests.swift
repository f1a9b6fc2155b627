import Client
import Testing

@Suite("A server address")
struct ServerAddressTests {
    @Test func `is a host and a port`() throws {
        #expect(try ServerAddress("localhost:9092") == ServerAddress(host: "localhost", port: 9092))
        #expect(try ServerAddress("[::1]:9092") == ServerAddress(host: "::1", port: 9092))
        #expect(try ServerAddress("PLAINTEXT://b:1") == ServerAddress(host: "b", port: 1))
        #expect(try ServerAddress.list("a:1, b:2,").map(\.description) == ["a:1", "b:2"])
        #expect(try ServerAddress("[::1]:9092").description == "[::1]:9092")
    }

    @Test(arguments: ["", "localhost", "localhost:", ":9092", "h:0", "h:65536", "h:x", "a b:1"])
    func `is refused if it is neither`(_ text: String) {
        #expect(throws: ClientError.invalidServer(text)) { try ServerAddress(text) }
    }

    @Test func `list is refused if it is empty`() {
        #expect(throws: ClientError.invalidServer(",")) { try ServerAddress.list(",") }
    }
}
