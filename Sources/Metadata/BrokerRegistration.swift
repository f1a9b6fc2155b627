package import Model

/// A broker as it registered, and what became of it since.
package struct BrokerRegistration: Equatable, Sendable {
    package let id: BrokerID
    /// Offset of the registration record; a later incarnation has a higher one.
    package var epoch: BrokerEpoch
    /// One per process: tells a restart from a repeated request.
    package var incarnationID: UUID
    package var endpoints: [Endpoint]
    /// Sorted by name.
    package var features: [FeatureRange]
    package var rack: String?
    /// A fenced broker is in no ISR, leads nothing and is not shown to clients.
    package var isFenced: Bool
    package var isInControlledShutdown: Bool
    /// Directories that are online, ascending.
    package private(set) var directories: [DirectoryID]
    /// Directories that it registered and that went offline since, ascending: they may come back with all they hold.
    package private(set) var offlineDirectories: [DirectoryID] = []
    /// Directories that take no new replicas (KIP-1066); nil before the broker has told.
    package var cordonedDirectories: [DirectoryID]?

    package init(
        id: BrokerID, epoch: BrokerEpoch, incarnationID: UUID, endpoints: [Endpoint],
        features: [FeatureRange], rack: String?, isFenced: Bool,
        isInControlledShutdown: Bool = false, directories: [DirectoryID],
        cordonedDirectories: [DirectoryID]? = nil
    ) {
        self.id = id
        self.epoch = epoch
        self.incarnationID = incarnationID
        self.endpoints = endpoints
        self.features = features
        self.rack = rack
        self.isFenced = isFenced
        self.isInControlledShutdown = isInControlledShutdown
        self.directories = directories
        self.cordonedDirectories = cordonedDirectories
    }

    /// May lead and may join an ISR.
    package var isActive: Bool { !isFenced && !isInControlledShutdown }

    /// Whether the process is one of ours: its feature list says so (design.md §5).
    package var isMartlet: Bool { features.contains { $0.name == FeatureName.martlet } }

    /// The address of a listener.
    package func endpoint(of listener: String) -> Endpoint? {
        endpoints.first { $0.listener == listener }
    }

    /// Whether a replica in `directory` can be used: reserved ids stand for "not known to be lost".
    package func hasOnline(_ directory: DirectoryID) -> Bool {
        if directory == .unassigned || directory == .migrating { return true }
        return directories.contains(directory)
    }

    /// Whether it has such a directory, online or not.
    package func hasRegistered(_ directory: DirectoryID) -> Bool {
        directories.contains(directory) || offlineDirectories.contains(directory)
    }

    /// Of its directories those in `online` are, ascending, and no others.
    mutating func setOnline(_ online: [DirectoryID]) {
        offlineDirectories = registeredDirectories.filter { !online.contains($0) }
        directories = online
    }

    /// Those that it registered, ascending.
    var registeredDirectories: [DirectoryID] {
        offlineDirectories.isEmpty
            ? directories : sorted((directories + offlineDirectories).map(\.uuid))
    }

    /// The levels this broker speaks of a feature; 0 to 0 if it does not name it.
    package func range(of feature: String) -> ClosedRange<Int16> {
        features.first { $0.name == feature }?.levels ?? 0...0
    }
}
