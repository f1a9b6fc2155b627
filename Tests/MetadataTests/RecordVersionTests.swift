import InternalRecords
import Testing

@testable import Metadata

@Suite("The version of a record")
struct RecordVersionTests {
    private func records() throws -> [MetadataRecord] {
        var records: [MetadataRecord] = []
        for seed in 1...5 {
            var maker = RecordMaker(seed: UInt64(seed))
            records += try maker.log(200)
        }
        return records
    }

    @Test func `is the highest where every node is of this build`() throws {
        for record in try records() {
            #expect(RecordVersions.newest.version(of: record) == record.defaultVersion)
            #expect(RecordVersions.newest.told(record) == record)
        }
    }

    @Test(arguments: MetadataVersion.lowest.level...MetadataVersion.newest.level)
    func `can be read by nodes of every level of the metadata`(level: Int16) throws {
        let versions = RecordVersions(metadata: MetadataVersion(level))
        for record in try records() {
            let told = versions.told(record)
            // It could not be written if a field were left that the version has not.
            let bytes = try told.framed(version: versions.version(of: told))
            #expect(try MetadataRecord(framed: bytes) == told)
        }
    }

    @Test func `rises with the level that brought it`() {
        func versions(_ record: MetadataRecord) -> [Int16] {
            ([7, 8, 16, 17, 22, 23, 29, 30] as [Int16]).map {
                RecordVersions(metadata: MetadataVersion($0)).version(of: record)
            }
        }
        #expect(versions(.registerBroker(RegisterBrokerRecord())) == [1, 2, 2, 3, 3, 3, 3, 4])
        #expect(
            versions(.brokerRegistrationChange(BrokerRegistrationChangeRecord()))
                == [1, 1, 1, 2, 2, 2, 2, 3])
        #expect(versions(.partition(PartitionRecord())) == [0, 0, 0, 1, 1, 2, 2, 2])
        #expect(versions(.partitionChange(PartitionChangeRecord())) == [0, 0, 0, 1, 1, 2, 2, 2])
        #expect(versions(.topic(TopicRecord())) == Array(repeating: 0, count: 8))
    }
}
