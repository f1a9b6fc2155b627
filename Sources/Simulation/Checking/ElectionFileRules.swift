internal import Bytes
internal import Model
internal import Raft

/// What is durable of `quorum-state` on each disk: looked at whenever the file on the platter is another.
final class ElectionFileRules {
    private static let path = "\(SimulatedNode.dataDirectory)/__cluster_metadata-0"
    private static let name = "quorum-state"

    private struct Seen {
        let directoryID: DirectoryID?
        let file: DiskFile
        let state: ElectionState
    }

    private let violations: Violations
    private let disks: NodeDisks
    private var seen: [BrokerID: Seen] = [:]

    init(_ disks: NodeDisks, _ violations: Violations) {
        self.disks = disks
        self.violations = violations
    }

    func look(at node: BrokerID) {
        guard let file = disks.durableFile(Self.name, of: node, in: Self.path) else { return }
        guard seen[node]?.file !== file else { return }
        let content = file.durableContent
        let text = content.read(at: 0, count: content.size).utf8 ?? ""
        do throws(ElectionState.FileError) {
            found(try ElectionState(decoding: text), in: file, of: node)
        } catch {
            violations.report(
                .termsOnDiskNeverFall,
                "node \(node.rawValue): what a power loss leaves of \(Self.name) says nothing: \(error)"
            )
        }
    }

    private func found(_ state: ElectionState, in file: DiskFile, of node: BrokerID) {
        let directoryID = disks.directoryIDs[node]
        defer { seen[node] = Seen(directoryID: directoryID, file: file, state: state) }
        guard let before = seen[node], before.directoryID == directoryID else { return }
        let said = "node \(node.rawValue): on disk was term \(before.state.term.rawValue)"
        guard state.term >= before.state.term else {
            return violations.report(
                .termsOnDiskNeverFall, "\(said), now it is \(state.term.rawValue)")
        }
        // Who knows the term's leader need not know for whom it voted.
        guard state.term == before.state.term, state.leader == nil else { return }
        guard let voted = before.state.voted, state.voted != voted else { return }
        violations.report(
            .termsOnDiskNeverFall,
            "\(said) with a vote for \(voted.id.rawValue), now for "
                + (state.voted.map { "\($0.id.rawValue)" } ?? "nobody"))
    }
}
