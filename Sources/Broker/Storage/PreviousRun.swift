internal import Model

/// What the directories of a starting broker say of the run before.
struct PreviousRun: Hashable, Sendable {
    /// The registration under which all directories were last used, `.none` if they do not agree: then one of
    /// them is new or was put back, and what was promised may not be there.
    private(set) var epoch = BrokerEpoch.none
    /// The incarnation of a process that died before it noted whether it was registered; nil if none did.
    private(set) var attempt: UUID?

    /// Of a broker without directories.
    init() {}

    /// - Parameter notes: of each directory; nil of one that has none.
    init(_ notes: [RegistrationNote?]) {
        let epochs = Set(notes.map { $0?.epoch ?? .none })
        if let only = epochs.first, epochs.count == 1 { epoch = only }
        // Where some directories have noted more than others, all that was noted of the process may be old.
        if Set(notes).count == 1 { attempt = notes.first??.attempt }
    }

    /// Something that was durable is gone: nothing counts of what was promised, under whichever registration.
    mutating func damaged() { self = PreviousRun() }
}
