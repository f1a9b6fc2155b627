import Model
import Raft
import Testing
import TestSupport

@Suite("The file quorum-state")
struct ElectionStateTests {
    private let directory = DirectoryID(UUID(high: 1, low: 2))

    @Test func `is written as Kafka writes it with static voters`() {
        let state = ElectionState(term: 3, leader: 1, voted: ReplicaKey(2, directory))
        #expect(
            state.encoded(dataVersion: 0, voters: [1, 2, 3])
                == "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":3,\"votedId\":2,"
                + "\"appliedOffset\":0,\"currentVoters\":[{\"voterId\":1},{\"voterId\":2},"
                + "{\"voterId\":3}],\"data_version\":0}")
    }

    @Test func `is written as Kafka writes it with voter records`() {
        let state = ElectionState(term: 3, leader: nil, voted: nil)
        #expect(
            state.encoded(dataVersion: 1, voters: [])
                == "{\"leaderId\":-1,\"leaderEpoch\":3,\"votedId\":-1,"
                + "\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"data_version\":1}")
    }

    @Test func `is read back`() throws {
        let state = ElectionState(term: 7, leader: 4, voted: ReplicaKey(2, directory))
        let current = try ElectionState(decoding: state.encoded(dataVersion: 1, voters: []))
        #expect(current == state)
        // Version 0 has no place for the directory.
        let old = try ElectionState(decoding: state.encoded(dataVersion: 0, voters: [2, 4]))
        #expect(old == ElectionState(term: 7, leader: 4, voted: ReplicaKey(2)))
    }

    @Test(arguments: [
        "", "{", "{}", "[]", "{\"data_version\":2}", "{\"data_version\":0,\"leaderEpoch\":-2}",
        "{\"data_version\":1,\"leaderEpoch\":99999999999}", "{\"data_version\":1}x",
        "{\"data_version\":1,\"leaderEpoch\":1,\"votedDirectoryId\":\"?\"}",
        "{\"a\":[[[[[[[[[[[[1]]]]]]]]]]]],\"data_version\":1}", "{\"data_version\":--}",
    ])
    func `is refused when it is damaged`(text: String) {
        #expect(throws: ElectionState.FileError.self) { try ElectionState(decoding: text) }
    }

    @Test func `survives any change of one byte`() {
        let text = Array(
            ElectionState(term: 7, leader: 4, voted: ReplicaKey(2, directory))
                .encoded(dataVersion: 0, voters: [2, 4]).utf8)
        for at in text.indices {
            for byte in stride(from: UInt8(0), to: 255, by: 7) {
                var changed = text
                changed[at] = byte
                _ = try? ElectionState(decoding: String(decoding: changed, as: UTF8.self))
            }
        }
    }
}
