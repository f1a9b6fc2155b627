package import Model

/// Who votes: the members of the quorum, by id in ascending order.
///
/// Static sets (`controller.quorum.voters`, kraft.version 0) know no directory ids, sets written in the log
/// (KIP-853, kraft.version 1) do.
package struct VoterSet: Equatable, Sendable {
    /// One address of a voter, under its listener's name.
    package struct Endpoint: Hashable, Sendable {
        package let listener: String
        package let address: QuorumAddress

        package init(listener: String, address: QuorumAddress) {
            self.listener = listener
            self.address = address
        }
    }

    /// One voter.
    package struct Voter: Hashable, Sendable {
        /// Directory id `.unassigned` in a static set.
        package let key: ReplicaKey
        package let endpoints: [Endpoint]
        /// Levels of the feature `kraft.version` that it supports.
        package let supportedVersions: ClosedRange<Int16>

        package init(
            _ key: ReplicaKey, endpoints: [Endpoint], supportedVersions: ClosedRange<Int16> = 0...1
        ) {
            self.key = key
            self.endpoints = endpoints
            self.supportedVersions = supportedVersions
        }

        /// Whether a replica that calls itself `other` is this voter. Without a directory id in the set the
        /// id decides alone; with one, a wiped directory is another replica.
        package func matches(_ other: ReplicaKey) -> Bool {
            guard key.id == other.id else { return false }
            return key.directoryID == .unassigned || key.directoryID == other.directoryID
        }
    }

    /// In ascending order of id; ids are unique.
    package let voters: [Voter]

    package init(_ voters: [Voter]) {
        self.voters = voters.sorted { $0.key.id < $1.key.id }
        for (a, b) in zip(self.voters, self.voters.dropFirst()) {
            precondition(
                a.key.id < b.key.id, "a voter is in the set once: check what was read first")
        }
    }

    /// Nobody: a node that has yet to learn who votes.
    package static let empty = VoterSet([])

    /// How many make a majority.
    package var majority: Int { voters.count / 2 + 1 }

    package func contains(_ key: ReplicaKey) -> Bool { voters.contains { $0.matches(key) } }

    package func isOnly(_ key: ReplicaKey) -> Bool { voters.count == 1 && contains(key) }

    package subscript(id: BrokerID) -> Voter? { voters.first { $0.key.id == id } }

    /// The voter's address on the first of `listeners` that it has, else on its first.
    package func address(of id: BrokerID, listeners: [String]) -> QuorumAddress? {
        guard let voter = self[id] else { return nil }
        return Self.address(in: voter.endpoints, listeners: listeners)
    }

    /// The address on the first of `listeners` that `endpoints` has, else the first.
    package static func address(in endpoints: [Endpoint], listeners: [String]) -> QuorumAddress? {
        for listener in listeners {
            if let found = endpoints.first(where: { $0.listener == listener }) {
                return found.address
            }
        }
        return endpoints.first?.address
    }
}
