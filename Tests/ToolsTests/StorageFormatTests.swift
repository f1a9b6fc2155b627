import Bytes
import InternalRecords
import Metadata
import Model
import Records
import TestSupport
import Testing

@testable import Tools

@Suite("Formatting")
struct StorageFormatTests {
    static func format(_ controllers: [Int32]) -> StorageFormat {
        StorageFormat(
            clusterID: "abc", nodeID: 1, directories: ["/d"], metadataDirectory: "/d",
            controllerListener: "CONTROLLER",
            initialControllers: controllers.map {
                StorageFormat.InitialController(
                    id: BrokerID($0), host: "h", port: 9093,
                    directoryID: DirectoryID(UUID(high: 1, low: UInt64($0))))
            }, levels: BootstrapRecords.levels, ignoresFormatted: false)
    }

    func batches(_ bytes: SharedBytes) throws -> [RecordBatchView] {
        var sequence = RecordBatchSequence(bytes)
        var found: [RecordBatchView] = []
        while let batch = try sequence.next() { found.append(batch) }
        #expect(sequence.cutOffTail == 0)
        return found
    }

    @Test func `writes the first records between a snapshot's header and footer`() throws {
        let found = try batches(Self.format([]).bootstrap(now: 5))
        #expect(found.map(\.isControl) == [true, false, true])
        #expect(found.map(\.baseOffset.rawValue) == [0, 1, 4])
        #expect(found.allSatisfy { $0.isCRCValid() && $0.partitionLeaderEpoch == 0 })
        #expect(try found[0].controlRecords().map(\.type) == [.snapshotHeader])
        #expect(try found[2].controlRecords().map(\.type) == [.snapshotFooter])
        var cursor = try found[1].records()
        let first = try #require(try cursor.next()?.value)
        guard case .featureLevel(let record) = try MetadataRecord(framed: first) else {
            Issue.record("a level must come first")
            return
        }
        #expect(record.name == "metadata.version")
        #expect(record.featureLevel == 30)
    }

    @Test func `writes version and voters in the header's batch`() throws {
        let found = try batches(Self.format([1, 2, 3]).voters(now: 5))
        #expect(found.map(\.baseOffset.rawValue) == [0, 3])
        let control = try found[0].controlRecords()
        #expect(control.map(\.type) == [.snapshotHeader, .kraftVersion, .kraftVoters])
        var reader = ByteReader(control[2].value)
        let voters = try VotersRecord(from: &reader, version: 0)
        #expect(voters.voters.map(\.voterID) == [1, 2, 3])
        #expect(voters.voters[0].endpoints[0].name == "CONTROLLER")
        #expect(voters.voters[0].kRaftVersionFeature.maxSupportedVersion == 1)
    }

    @Test func `names what each directory is for`() {
        #expect(Self.format([]).purpose(of: "/d") == .metadata)
        #expect(Self.format([]).purpose(of: "/e") == .data)
        #expect(Self.format([1, 2]).purpose(of: "/d") == .dynamicVoter)
        #expect(Self.format([2]).purpose(of: "/d") == .dynamicMetadata)
    }
}
